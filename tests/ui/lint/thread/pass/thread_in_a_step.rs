//! A step may sleep on its thread, though a durable wait is better.

use std::thread;
use std::time::Duration;

use durable::prelude::*;

#[step]
fn slow(count: u32) -> u32 {
    thread::sleep(Duration::from_millis(u64::from(count)));
    count
}

#[durable]
async fn nap(count: u32) -> u32 {
    #[step]
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    sleep(seconds(1)).await;
    slow(count).await + cores as u32
}
