use std::time::Duration;

use durable::prelude::*;

async fn charge(_amount: u32) -> Result<u32, String> {
    Ok(0)
}

#[durable]
async fn place_order(amount: u32) -> Result<u32, String> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let receipt = charge(amount)
        .await?;
    Ok(receipt)
}

fn main() {
    let _ = place_order(1);
}
