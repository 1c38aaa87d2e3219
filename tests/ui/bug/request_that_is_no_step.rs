//! The request is sent again by each replay.

use durable::prelude::*;

async fn charge(amount: u32) -> Result<u32, String> {
    Ok(amount)
}

#[durable]
async fn pay(amount: u32) -> Result<u32, String> {
    let receipt = charge(amount).await?;
    sleep(days(1)).await;
    Ok(receipt)
}

fn main() {}
