use durable::prelude::*;

struct Receipt;

async fn charge(_amount: u32) -> Receipt {
    Receipt
}

#[durable]
async fn place_order(amount: u32) {
    #[step]
    let _receipt = charge(amount).await;
    #[step]
    let _now = std::time::Instant::now();
}

fn main() {
    let _ = place_order(1);
}
