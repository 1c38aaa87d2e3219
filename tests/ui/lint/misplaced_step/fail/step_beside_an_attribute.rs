use durable::prelude::*;

async fn price(_order: u32) -> u32 {
    0
}

#[durable]
async fn total(order: u32) {
    #[step]
    #[allow(unused_must_use)]
    price(order).await;
    #[step]
    #[step]
    let _total = price(order).await;
}

fn main() {
    let _ = total(1);
}
