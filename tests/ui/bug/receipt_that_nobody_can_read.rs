//! What the step returns can't be recorded, so a replay would have to charge again.

use durable::prelude::*;

struct Receipt(u32);

#[durable]
async fn pay() -> u32 {
    #[step]
    let receipt = Receipt(7);
    receipt.0
}

fn main() {}
