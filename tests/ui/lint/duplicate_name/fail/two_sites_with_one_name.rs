use durable::prelude::*;

async fn charge(_amount: u32) -> u32 {
    0
}

#[step]
async fn refund(_amount: u32) -> u32 {
    0
}

#[durable]
async fn place_order(amount: u32) -> u32 {
    #[step]
    charge(amount).await;
    #[step]
    let second = charge(amount).await;

    refund(amount).await;
    refund(amount).await;

    sleep(minutes(5)).await;
    sleep(minutes(5)).named("refund").await;
    second
}

fn main() {
    let _ = place_order(1);
}
