use durable::prelude::*;

#[step]
async fn charge(_amount: u32) -> u32 {
    0
}

#[durable]
async fn place_order(amount: u32) {
    let _task = tokio::spawn(async move { charge(amount).await });
}

fn main() {
    let _ = place_order(1);
}
