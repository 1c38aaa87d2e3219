use durable::prelude::*;

async fn price(_order: u32) -> u32 {
    0
}

fn now() -> u32 {
    0
}

#[durable]
async fn total() -> u32 {
    #[step]
    let total = price(#[step] now()).await;
    total
}

fn main() {
    let _ = total();
}
