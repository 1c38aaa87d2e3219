use std::time::{Instant, SystemTime};

use durable::prelude::*;

#[step]
async fn charge(_at: SystemTime) -> u32 {
    0
}

#[durable]
async fn place_order(patience: u64) -> bool {
    use std::time as clock;
    use std::time::SystemTime as Clock;

    let started = Instant::now();
    let renamed = Clock::now();
    let in_full = std::time::SystemTime::now();
    let through_module = clock::Instant::now();
    let qualified = <SystemTime>::now();
    charge(SystemTime::now()).await;
    let all = [renamed, in_full, qualified];
    started.elapsed().as_secs() > patience && through_module > started && all.len() > 2
}

fn main() {
    let _ = place_order(1);
}
