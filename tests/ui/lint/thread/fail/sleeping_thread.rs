use std::thread;
use std::time::Duration;

use durable::prelude::*;

#[durable]
async fn place_order(count: usize) -> usize {
    use std::thread::sleep as nap;

    thread::sleep(Duration::from_secs(1));
    nap(Duration::from_secs(1));
    std::thread::yield_now();
    let name = thread::current().name().map_or(0, str::len);
    count + name + std::thread::available_parallelism().map_or(1, usize::from)
}

fn main() {
    let _ = place_order(1);
}
