//! A by-value argument coerces in a step as it does outside of one.

use durable::prelude::*;

async fn text(text: &str, parts: &[u32], show: &dyn Fn() -> u32) -> u32 {
    text.len() as u32 + parts.len() as u32 + show()
}

async fn owned(value: Option<String>, pair: (u32, String)) -> usize {
    value.map_or(0, |value| value.len()) + pair.1.len()
}

#[durable]
async fn coerce(string: String, list: Vec<u32>) -> u32 {
    let (string_ref, list_ref, closure) = (&string, &list, || 1);
    let show = &closure;
    #[step]
    let total = text(string_ref, list_ref, show).await;
    #[step]
    let length = owned(Some(string), (total, string)).await;
    total + string.len() as u32 + length as u32
}

fn main() {
    let _ = coerce(String::new(), vec![]);
}
