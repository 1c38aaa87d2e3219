//! `kill -9` at any moment: every execution ends, as if nothing had happened.
//!
//! `KILLS=1000 SEED=7 cargo test -p durable-crash` repeats a run, or makes it longer.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use durable::{Engine, Event, EventKind, ExecutionId};
use durable_crash::{Entry, Ledger, order, reference};

/// Orders that each process starts before it is killed.
const ORDERS_PER_PROCESS: u32 = 2;

/// A small repeatable random sequence: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }
}

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn worker(folder: &Path, first: u32, count: u32) -> Child {
    Command::new(env!("CARGO_BIN_EXE_crash-worker"))
        .arg(folder.join("store.db"))
        .arg(folder.join("ledger.txt"))
        .args([first.to_string(), count.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn killed_at_any_moment_every_execution_ends_as_if_nothing_had_happened() {
    let kills = from_environment("KILLS", 200);
    let seed = from_environment("SEED", u64::from(std::process::id()));
    println!("SEED={seed} KILLS={kills}");
    let mut random = Random(seed);
    let folder = tempfile::tempdir().unwrap();

    let mut started = 0;
    for _ in 0..kills {
        let mut child = worker(folder.path(), started, ORDERS_PER_PROCESS);
        sleep(Duration::from_millis(10 + random.below(190)));
        child.kill().unwrap();
        child.wait().unwrap();
        started += ORDERS_PER_PROCESS;
    }
    // A killed process may not have come to start its orders, so the last one starts all of them.
    let last = worker(folder.path(), 0, started).wait_with_output().unwrap();
    assert!(last.status.success(), "the last process failed, seed {seed}");

    let results = parse_results(&String::from_utf8(last.stdout).unwrap());
    let uninterrupted = uninterrupted(started).await;
    assert_eq!(results, uninterrupted, "results differ from an uninterrupted run, seed {seed}");
    let interrupted = check_histories(folder.path(), started, seed).await;
    assert!(kills < 50 || interrupted > 0, "no kill fell into a run, seed {seed}");
    println!("{started} orders, {interrupted} interrupted runs on record");
}

fn parse_results(text: &str) -> HashMap<u32, u64> {
    let parse = |line: &str| {
        let (order, result) = line.split_once(' ')?;
        Some((order.parse().ok()?, result.parse().ok()?))
    };
    text.lines().filter_map(parse).collect()
}

/// The same orders without a kill, on a store of their own.
async fn uninterrupted(count: u32) -> HashMap<u32, u64> {
    let folder = tempfile::tempdir().unwrap();
    let output = tokio::task::spawn_blocking(move || worker(folder.path(), 0, count).wait_with_output().unwrap());
    let results = parse_results(&String::from_utf8(output.await.unwrap().stdout).unwrap());
    assert!(results.iter().all(|(order, result)| reference(*order) == *result));
    assert_eq!(results.len(), count as usize);
    results
}

/// Compares each history with the ledger. Returns how many runs were interrupted.
async fn check_histories(folder: &Path, orders: u32, seed: u64) -> usize {
    let ledger = Ledger::open(&folder.join("ledger.txt")).unwrap();
    let entries = ledger.read().unwrap();
    let engine = Engine::open(folder.join("store.db")).register(order).state(ledger).start().await.unwrap();
    let mut interrupted = 0;
    for number in 0..orders {
        let id = engine.find("order", &format!("order-{number}")).await.unwrap().unwrap();
        let history = engine.history(id).await.unwrap();
        check_shape(&history, id, seed);
        check_effects(&history, &entries, number, seed);
        let crashed = |event: &&Event| matches!(event.kind, EventKind::InvocationCompleted { error: Some(_), .. });
        interrupted += history.iter().filter(crashed).count();
    }
    assert_eq!(engine.stranded().await.unwrap(), [], "nothing will ever wake these, seed {seed}");
    interrupted
}

/// Event ids without gaps, time that does not run backwards, one end.
fn check_shape(history: &[Event], id: ExecutionId, seed: u64) {
    assert!(history.iter().map(|event| event.event_id).eq(1..=history.len() as u32), "gaps in {id}, seed {seed}");
    assert!(history.is_sorted_by_key(|event| event.timestamp), "time runs backwards in {id}, seed {seed}");
    let ends = history.iter().filter(|event| matches!(event.kind, EventKind::ExecutionSucceeded { .. })).count();
    assert_eq!(ends, 1, "{id} ends {ends} times, seed {seed}");
    assert!(matches!(history.last().unwrap().kind, EventKind::ExecutionSucceeded { .. }));
    let begun: Vec<_> = history.iter().filter(|event| matches!(event.kind, EventKind::ContextStarted)).collect();
    let distinct: HashSet<_> = begun.iter().map(|event| event.operation.as_ref().unwrap().id.clone()).collect();
    assert_eq!(begun.len(), distinct.len(), "a context of {id} began twice, seed {seed}");
}

/// What is recorded is what happened last: no step ran again after its result was on record.
fn check_effects(history: &[Event], entries: &[Entry], order: u32, seed: u64) {
    let mut recorded: Vec<(String, String)> = Vec::new();
    for event in history {
        if let (Some(operation), EventKind::StepSucceeded { result: Some(result), .. }) =
            (&event.operation, &event.kind)
        {
            let name = operation.name.as_ref().unwrap();
            let turn = recorded.iter().filter(|(earlier, _)| earlier.starts_with("pack")).count();
            let name = if name.as_str() == "pack" { format!("pack{turn}") } else { name.to_string() };
            recorded.push((name, mark(result)));
        }
    }
    let mut names: Vec<_> = recorded.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["charge", "notify", "pack0", "pack1", "pack2", "reserve", "ship"], "order {order}, seed {seed}");
    for (step, mark) in recorded {
        let last = entries.iter().rev().find_map(|entry| ended(entry, order, &step));
        assert_eq!(last, Some(mark.as_str()), "{step} of order {order} ran again after its record, seed {seed}");
    }
}

fn mark(result: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(result).unwrap();
    value["mark"].as_str().unwrap().to_owned()
}

fn ended<'a>(entry: &'a Entry, wanted: u32, name: &str) -> Option<&'a str> {
    match entry {
        Entry::End { order, step, mark } if *order == wanted && step == name => Some(mark),
        _ => None,
    }
}
