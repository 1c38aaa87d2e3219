use std::thread::spawn;

use durable::prelude::*;
use tokio::runtime::Handle;

fn runtime() -> Handle {
    Handle::try_current().unwrap()
}

#[durable]
async fn place_order(amount: u32) -> u32 {
    let thread = spawn(move || amount + 1);
    let task = runtime().spawn(async move { amount });
    let blocking = runtime().spawn_blocking(move || amount);
    thread.join().unwrap() + task.await.unwrap() + blocking.await.unwrap()
}

fn main() {
    let _ = place_order(1);
}
