//! An edit between the two lines would hand one of them the other's record.

use durable::prelude::*;

async fn charge(amount: u32) -> u32 {
    amount
}

#[durable]
async fn split(amount: u32) -> u32 {
    #[step]
    charge(amount / 2).await;
    #[step]
    charge(amount - amount / 2).await;
    amount
}

fn main() {}
