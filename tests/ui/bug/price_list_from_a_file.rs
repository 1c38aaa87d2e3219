//! The file may be another one when the code runs again.

use durable::prelude::*;

#[durable]
async fn price() -> usize {
    let list = std::fs::read_to_string("prices.txt").unwrap_or_default();
    sleep(hours(1)).await;
    list.len()
}

fn main() {}
