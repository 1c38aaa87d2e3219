#![deny(warnings)]

use std::time::Duration;

use durable::prelude::*;
use tokio::select;
use tokio::time;

mod remote {
    pub async fn ask(amount: u32) -> u32 {
        amount
    }
}

async fn look() -> u32 {
    1
}

#[durable]
async fn place_order(amount: u32, patience: u64) -> u32 {
    let rate = 2;
    let first = select! {
        answer = remote::ask(amount) => answer * rate,
        seen = look() => seen,
    };
    let late = time::timeout(Duration::from_secs(patience), look()).await;
    let (left, right) = tokio::join!(look(), time::sleep(Duration::from_secs(1)));
    drop(right);
    first + left + late.unwrap_or_default()
}

fn main() {
    let _ = place_order(1, 2);
}
