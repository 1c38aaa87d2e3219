//! The total grows with each replay.

use std::sync::atomic::{AtomicU64, Ordering};

use durable::prelude::*;

static TOTAL: AtomicU64 = AtomicU64::new(0);

#[durable]
async fn sell(price: u64) -> u64 {
    let total = TOTAL.fetch_add(price, Ordering::Relaxed);
    sleep(seconds(1)).await;
    total
}

fn main() {}
