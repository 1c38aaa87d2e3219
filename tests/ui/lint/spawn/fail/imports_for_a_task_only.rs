#![deny(warnings)]

use std::thread;

use durable::prelude::*;
use tokio::task;

mod work {
    pub fn weigh(amount: u32) -> u32 {
        amount
    }

    pub async fn pack(amount: u32) -> u32 {
        amount
    }
}

fn double(amount: u32) -> u32 {
    amount * 2
}

#[durable]
async fn place_order(amount: u32, name: String) -> u32 {
    let factor = 2;
    let thread = thread::spawn(move || double(work::weigh(amount)) * factor);
    let task = task::spawn(async move { work::pack(amount).await + name.len() as u32 });
    thread.join().unwrap() + task.await.unwrap()
}

fn main() {
    let _ = place_order(1, String::new());
}
