use durable::prelude::*;

macro_rules! html {
    ($($token:tt)*) => { String::new() };
}

#[step]
async fn price(_order: u32) -> u32 {
    0
}

#[durable]
async fn page(order: u32) -> String {
    let first = html!(<p>{ price(order).await }</p>);
    let second = html!(<p>{ #[step] std::time::SystemTime::now() }</p>);
    first + &second
}

fn main() {
    let _: String = html!();
    let _ = page(1);
}
