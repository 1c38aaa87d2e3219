use durable::prelude::*;

async fn price(_order: u32) -> u32 {
    0
}

async fn check(_order: u32) -> Option<bool> {
    None
}

#[durable]
async fn total(order: u32) -> u64 {
    let sum = 1 + #[step] price(order).await;
    let wide = #[step(name = "wide")] price(order).await as u64;
    let borrowed = &#[step(name = "borrowed")] price(order).await;
    let not = !#[step] check(order).await.unwrap_or(false);
    for _ in 0..#[step(name = "range")] price(order).await {}
    if let Some(_) = #[step(name = "if let")] check(order).await {}
    wide + u64::from(sum + borrowed + u32::from(not))
}

fn main() {
    let _ = total(1);
}
