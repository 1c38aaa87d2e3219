//! A replay does not run the step, so the list stays empty.

use durable::prelude::*;

#[durable]
async fn collect() -> usize {
    let mut receipts = Vec::new();
    #[step]
    receipts.push("receipt".to_owned());
    receipts.len()
}

fn main() {}
