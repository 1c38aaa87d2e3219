use durable::prelude::*;

async fn charge(_amount: u32) -> u32 {
    0
}

#[durable]
async fn place_order(amount: u32) -> String {
    #[step]
    let receipt = charge(amount).await;
    receipt
}

#[step]
async fn refund(amount: u32) -> String {
    amount
}

#[durable]
async fn wrong_argument(amount: String) -> u32 {
    #[step]
    charge(amount).await
}

fn main() {
    let _ = (place_order(1), refund(1), wrong_argument(String::new()));
}
