//! `kill -9` at any moment: every execution ends, as if nothing had happened.
//!
//! `KILLS=1000 SEED=7 cargo test -p durable-crash kill` repeats a run, or makes it longer.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use durable::Query;
use durable::store::{SqliteOptions, SqliteStore, Store};
use durable_crash::Ledger;

use crate::orders::{Allowed, check_ledger, check_liveness, finish, finish_and_check, worker};
use crate::random::{Random, from_environment, seed};

/// Orders that each process starts before it is killed.
const ORDERS_PER_PROCESS: u32 = 2;

/// Kills processes one after the other, and looks at what each leaves. Returns how many orders were started, and how
/// many executions were found that had been running.
fn kill(folder: &Path, kills: u64, random: &mut Random, worker: impl Fn(&mut Random, u32) -> Command) -> (u32, usize) {
    let (mut started, mut running) = (0, 0);
    for _ in 0..kills {
        let mut child = worker(random, started).spawn().unwrap();
        sleep(Duration::from_millis(10 + random.below(190)));
        child.kill().unwrap();
        child.wait().unwrap();
        started += ORDERS_PER_PROCESS;
        running += check_liveness(folder, random.seed());
    }
    (started, running)
}

#[tokio::test]
async fn killed_at_any_moment_every_execution_ends_as_if_nothing_had_happened() {
    let (kills, seed) = (from_environment("KILLS", 120), seed());
    println!("SEED={seed} KILLS={kills}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let next = |_: &mut Random, first| worker(path, first, ORDERS_PER_PROCESS);
    let (started, running) = kill(path, kills, &mut Random::new(seed), next);
    let interrupted = finish_and_check(path, started, seed, Allowed::default()).await;
    assert!(kills < 50 || (interrupted > 0 && running > 0), "no kill fell into a run, seed {seed}");
    println!("{started} orders, {interrupted} interrupted runs on record, {running} found running");
}

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn a_clock_that_is_a_day_off_in_some_processes_changes_no_result() {
    let (kills, seed) = (from_environment("JUMPS", 24), seed());
    println!("SEED={seed} JUMPS={kills}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let at = |ahead: i64, first, count| {
        let mut worker = worker(path, first, count);
        worker.env("CLOCK_AHEAD_MS", ahead.to_string());
        worker
    };
    let next = |random: &mut Random, first| at([-DAY, 0, DAY][random.below(3) as usize], first, ORDERS_PER_PROCESS);
    let (started, _) = kill(path, kills, &mut Random::new(seed), next);
    // By this clock the time of everything has come.
    finish(at(DAY, 0, started), started, seed);
    finish_and_check(path, started, seed, Allowed::default()).await;
}

/// Cuts the log file off, or spoils its end, as a power failure may.
fn tear(wal: &Path, random: &mut Random) -> bool {
    const FRAME: u64 = 24 + 4096;
    let Ok(mut bytes) = std::fs::read(wal) else { return false };
    let torn = (1 + random.below(3 * FRAME)).min(bytes.len() as u64) as usize;
    let kept = bytes.len() - torn;
    if random.below(2) == 0 {
        bytes.truncate(kept);
    } else {
        bytes[kept..].iter_mut().for_each(|byte| *byte = random.below(256) as u8);
    }
    std::fs::write(wal, bytes).unwrap();
    torn > 0
}

#[tokio::test]
async fn a_torn_log_file_takes_the_last_records_and_no_execution() {
    let (kills, seed) = (from_environment("TEARS", 24), seed());
    println!("SEED={seed} TEARS={kills}");
    let (folder, mut random) = (tempfile::tempdir().unwrap(), Random::new(seed));
    let (mut started, mut torn) = (0, 0);
    for _ in 0..kills {
        let mut child = worker(folder.path(), started, ORDERS_PER_PROCESS).spawn().unwrap();
        sleep(Duration::from_millis(30 + random.below(190)));
        child.kill().unwrap();
        child.wait().unwrap();
        started += ORDERS_PER_PROCESS;
        torn += u32::from(tear(&folder.path().join("store.db-wal"), &mut random));
        check_liveness(folder.path(), seed);
    }
    assert!(torn * 2 > kills as u32, "only {torn} of {kills} log files were there to be torn, seed {seed}");
    let allowed = Allowed { lost_records: true, ..Allowed::default() };
    finish_and_check(folder.path(), started, seed, allowed).await;
}

#[tokio::test]
async fn what_is_deleted_soon_after_its_end_was_told_before() {
    let (kills, seed) = (from_environment("DELETIONS", 40), seed());
    println!("SEED={seed} DELETIONS={kills}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let deleting = |first, count| {
        let mut worker = worker(path, first, count);
        worker.env("RETENTION_MS", "1");
        worker
    };
    let next = |_: &mut Random, first| deleting(first, ORDERS_PER_PROCESS);
    let (started, _) = kill(path, kills, &mut Random::new(seed), next);
    finish(deleting(0, started), started, seed);
    check_ledger(&Ledger::open(&path.join("ledger.txt")).unwrap().read().unwrap(), seed, Allowed::default());
    let store = SqliteStore::open(path.join("store.db"), SqliteOptions::default()).unwrap();
    let left = store.list(&Query::new().limit(u32::MAX)).unwrap();
    // The last ones end together with the process.
    let running: Vec<_> = left.iter().filter(|summary| summary.ended.is_none()).collect();
    assert!(running.is_empty(), "{running:?}, seed {seed}");
    assert!(left.len() < started as usize, "{} of {started} orders are still there, seed {seed}", left.len());
}
