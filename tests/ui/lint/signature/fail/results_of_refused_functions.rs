//! Callers of a refused function see its result, and have no error of their own.

use std::borrow::Cow;

use durable::prelude::*;

#[durable]
async fn borrowing(name: &str) -> Result<u32, String> {
    Ok(name.len() as u32)
}

#[durable]
async fn with_a_lifetime(name: Cow<'_, str>) -> u32 {
    name.len() as u32
}

#[durable]
async fn generic<T: Clone>(item: T) -> String {
    let _ = item.clone();
    String::new()
}

#[durable]
#[allow(clippy::too_many_arguments)]
async fn too_many(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: u32) -> u32 {
    a + b + c + d + e + f + g + h + i
}

#[step]
async fn reserve((item, count): (u32, u32)) -> Option<u32> {
    Some(item + count)
}

#[durable]
async fn caller(name: String) -> Result<u32, String> {
    let length = borrowing(&name).await?;
    let longer = with_a_lifetime(name.as_str().into()).await + 1;
    let text: String = generic(1).await;
    let many = too_many(1, 2, 3, 4, 5, 6, 7, 8, 9).await;
    let reserved = reserve((1, 2)).await.unwrap_or(3);
    Ok(length + longer + many + reserved + text.len() as u32)
}

fn main() {
    let _ = caller(String::new());
}
