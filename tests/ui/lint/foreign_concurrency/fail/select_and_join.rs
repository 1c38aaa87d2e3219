use std::time::Duration;

use durable::prelude::*;


#[step]
async fn charge(_amount: u32) -> u32 {
    0
}

#[durable]
async fn place_order(amount: u32) -> u32 {
    let first = tokio::select! {
        paid = charge(amount) => paid,
        _ = sleep(minutes(5)) => charge(amount).await,
    };
    tokio::select! {
        paid = charge(amount) => drop(paid),
        else => {}
    }
    let (left, right) = tokio::join!(charge(1), async { charge(2).await });
    let late = tokio::time::timeout(Duration::from_secs(1), charge(3)).await;
    first + left + right + late.unwrap_or_default()
}

fn main() {
    let _ = place_order(1);
}
