use durable::prelude::*;

async fn price(_order: u32) -> u32 {
    0
}

async fn total(order: u32) -> u32 {
    #[step]
    let total = price(order).await;
    total
}

fn main() {
    let _ = total(1);
}
