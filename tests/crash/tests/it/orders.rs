//! Processes that work on orders, and what must be true of the orders afterwards.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::{Command, Stdio};

use durable::{Engine, Event, EventKind, ExecutionId};
use durable_crash::{Entry, Ledger, order, reference};

/// A process that starts orders `first..first + count` and works on all of them, in a folder.
pub(crate) fn worker(folder: &Path, first: u32, count: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crash-worker"));
    command.arg(folder.join("store.db")).arg(folder.join("ledger.txt")).args([first.to_string(), count.to_string()]);
    command.stdout(Stdio::piped());
    command
}

/// Lets a last process finish all orders, and compares them with those of a run that nothing disturbed, and with the
/// ledger. Returns how many runs were interrupted.
pub(crate) async fn finish_and_check(folder: &Path, orders: u32, seed: u64) -> usize {
    // A process that was ended may not have come to start its orders, so the last one starts all of them.
    let last = worker(folder, 0, orders).output().unwrap();
    assert!(last.status.success(), "the last process failed, seed {seed}");
    let results = parse_results(&String::from_utf8(last.stdout).unwrap());
    assert_eq!(results, undisturbed(orders).await, "results differ from an undisturbed run, seed {seed}");
    check_histories(folder, orders, seed).await
}

fn parse_results(text: &str) -> HashMap<u32, u64> {
    let parse = |line: &str| {
        let (order, result) = line.split_once(' ')?;
        Some((order.parse().ok()?, result.parse().ok()?))
    };
    text.lines().filter_map(parse).collect()
}

/// The same orders on a store of their own.
async fn undisturbed(count: u32) -> HashMap<u32, u64> {
    let folder = tempfile::tempdir().unwrap();
    let output = tokio::task::spawn_blocking(move || worker(folder.path(), 0, count).output().unwrap());
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
