//! Steps one after the other, on this SDK.

use durable::prelude::*;

async fn add(total: u64, number: u64) -> u64 {
    total + number
}

#[durable]
async fn steps(count: u64) -> u64 {
    let mut total = 0;
    for number in 0..count {
        #[step]
        let sum = add(total, number).await;
        total = sum;
    }
    total
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), durable_lambda::RunError> {
    durable_lambda::run(steps).await
}
