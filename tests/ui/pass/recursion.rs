//! A durable function may call itself, and another one that calls it back.
#![deny(warnings)]

use durable::prelude::*;

#[durable]
async fn countdown(from: u32) -> u32 {
    sleep(seconds(1)).await;
    if from == 0 { 0 } else { countdown(from - 1).await }
}

#[durable]
async fn ping(times: u32) -> u32 {
    if times == 0 { 0 } else { pong(times - 1).await }
}

#[durable]
async fn pong(times: u32) -> u32 {
    if times == 0 { 0 } else { ping(times - 1).await }
}

fn main() {
    let _ = (countdown(3), ping(3));
}
