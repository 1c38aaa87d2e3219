use durable::prelude::*;

async fn price(_order: u32) -> u32 {
    0
}

async fn shipping(_order: u32) -> u32 {
    0
}

#[durable]
async fn total(order: u32) -> u32 {
    let mut total;
    #[step]
    total = price(order).await;
    total += #[step] shipping(order).await;
    total
}

fn main() {
    let _ = total(1);
}
