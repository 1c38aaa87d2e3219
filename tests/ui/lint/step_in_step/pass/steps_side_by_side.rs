//! Steps stand beside each other, or in a branch, or in a durable function of their own.

use durable::prelude::*;

async fn reserve(order: u32) -> u32 {
    order
}

#[durable]
async fn reserve_twice(order: u32) -> u32 {
    #[step]
    let first = reserve(order).await;
    #[step(name = "second")]
    let second = reserve(order).await;
    first + second
}

#[durable]
async fn place_order(order: u32) -> u32 {
    let branch = async {
        #[step]
        let reserved = reserve(order).await;
        reserved + reserve_twice(order).await
    }
    .await;
    #[step(name = "blocks in a step")]
    let sum = async {
        let one = reserve(1).await;
        one + reserve(branch).await
    }
    .await;
    sum
}
