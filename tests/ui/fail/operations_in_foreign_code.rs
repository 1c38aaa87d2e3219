use std::time::Duration;

use durable::prelude::*;

#[step]
async fn charge(_amount: u32) -> u32 {
    0
}

#[durable]
async fn place_order(amount: u32) {
    let _charge = tokio::time::timeout(Duration::from_secs(1), charge(amount));
    let _both: Vec<Box<dyn Future<Output = ()>>> = vec![Box::new(sleep(minutes(5)))];
}

async fn outside(amount: u32) {
    charge(amount).await;
    place_order(amount).await;
}

fn main() {
    let _ = place_order(1);
    let _ = outside(1);
}
