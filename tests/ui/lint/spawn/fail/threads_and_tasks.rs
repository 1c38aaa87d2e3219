use durable::prelude::*;

fn work() -> u32 {
    0
}

#[durable]
async fn place_order(count: u32) -> u32 {
    use std::thread as threads;
    use tokio::task::{JoinSet as Set, spawn_blocking};

    let thread = std::thread::spawn(work);
    let another = threads::spawn(work);
    let blocking = spawn_blocking(work);
    let mut set = Set::new();
    set.spawn(async { 1 });
    for _ in 0..count {
        tokio::task::spawn(async {});
    }
    thread.join().unwrap() + another.join().unwrap()
}

fn main() {
    let _ = place_order(1);
}
