//! `kill -9` at any moment: every execution ends, as if nothing had happened.
//!
//! `KILLS=1000 SEED=7 cargo test -p durable-crash kill` repeats a run, or makes it longer.

use std::thread::sleep;
use std::time::Duration;

use crate::orders::{finish_and_check, worker};
use crate::random::{Random, from_environment};

/// Orders that each process starts before it is killed.
const ORDERS_PER_PROCESS: u32 = 2;

#[tokio::test]
async fn killed_at_any_moment_every_execution_ends_as_if_nothing_had_happened() {
    let kills = from_environment("KILLS", 200);
    let seed = from_environment("SEED", u64::from(std::process::id()));
    println!("SEED={seed} KILLS={kills}");
    let mut random = Random(seed);
    let folder = tempfile::tempdir().unwrap();

    let mut started = 0;
    for _ in 0..kills {
        let mut child = worker(folder.path(), started, ORDERS_PER_PROCESS).spawn().unwrap();
        sleep(Duration::from_millis(10 + random.below(190)));
        child.kill().unwrap();
        child.wait().unwrap();
        started += ORDERS_PER_PROCESS;
    }
    let interrupted = finish_and_check(folder.path(), started, seed).await;
    assert!(kills < 50 || interrupted > 0, "no kill fell into a run, seed {seed}");
    println!("{started} orders, {interrupted} interrupted runs on record");
}
