//! Processes that work on orders, and what must be true of the orders afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::process::{Command, Stdio};

use durable::store::{SqliteOptions, SqliteStore, Store};
use durable::{Engine, Event, EventKind, ExecutionId};
use durable_crash::{Entry, Ledger, inspect, order, reference, steps};

/// A process that starts orders `first..first + count` and works on all of them, in a folder.
pub(crate) fn worker(folder: &Path, first: u32, count: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crash-worker"));
    command.arg(folder.join("store.db")).arg(folder.join("ledger.txt")).args([first.to_string(), count.to_string()]);
    command.stdout(Stdio::piped());
    command
}

/// Looks at a store that no process has open: whatever is open in it has something that wakes it. Says how many
/// executions are to run.
pub(crate) fn check_liveness(folder: &Path, seed: u64) -> usize {
    let path = folder.join("store.db");
    if !path.exists() {
        return 0;
    }
    let store = SqliteStore::open(path, SqliteOptions::default()).unwrap();
    assert_eq!(store.stranded().unwrap(), [], "nothing will ever wake these, seed {seed}");
    let runnable = store.runnable(None, u32::MAX).unwrap().len();
    if !store.was_left_open() {
        // As it was found.
        store.close().unwrap();
    }
    runnable
}

/// What the disturbances were like, and so what may be found.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allowed {
    /// Acknowledged records were taken away, so what they stood for may have happened again.
    pub(crate) lost_records: bool,
    /// How many writes failed in processes that went on: each may have cost an attempt its record.
    pub(crate) failed_writes: usize,
    /// Many processes in a row were ended before anything could be recorded, so that executions were blamed for it.
    pub(crate) crash_loops: bool,
}

/// Lets a last process finish all orders, and compares them with those of a run that nothing disturbed, and with the
/// ledger. Returns how many runs were interrupted.
pub(crate) async fn finish_and_check(folder: &Path, orders: u32, seed: u64, allowed: Allowed) -> usize {
    finish(worker(folder, 0, orders), orders, seed);
    check_histories(folder, orders, seed, allowed).await
}

/// Lets a last process finish all orders, and compares the results. A process that was ended may not have come to start
/// its orders, so the last one starts all of them.
pub(crate) fn finish(mut last: Command, orders: u32, seed: u64) {
    let last = last.output().unwrap();
    assert!(last.status.success(), "the last process failed, seed {seed}");
    let results = parse_results(&String::from_utf8(last.stdout).unwrap());
    let undisturbed: HashMap<_, _> = (0..orders).map(|order| (order, reference(order))).collect();
    assert_eq!(results, undisturbed, "results differ from an undisturbed run, seed {seed}");
}

fn parse_results(text: &str) -> HashMap<u32, u64> {
    let parse = |line: &str| {
        let (order, result) = line.split_once(' ')?;
        Some((order.parse().ok()?, result.parse().ok()?))
    };
    text.lines().filter_map(parse).collect()
}

/// Compares each history with the ledger. Returns how many runs were interrupted.
async fn check_histories(folder: &Path, orders: u32, seed: u64, allowed: Allowed) -> usize {
    let ledger = Ledger::open(&folder.join("ledger.txt")).unwrap();
    let entries = ledger.read().unwrap();
    check_ledger(&entries, seed, allowed);
    let by_order = Effects::by_order(&entries);
    let engine = Engine::open(folder.join("store.db")).register(order).register(inspect).state(ledger);
    let engine = engine.start().await.unwrap();
    let mut interrupted = 0;
    for number in 0..orders {
        let id = engine.find("order", &format!("order-{number}")).await.unwrap().unwrap();
        let history = engine.history(id).await.unwrap();
        let child = child(&history);
        let child_history = engine.history(child).await.unwrap();
        let what = format!("order {number}, seed {seed}");
        let (own, others) = steps();
        for (id, history, steps) in [(id, &history, own), (child, &child_history, others)] {
            check_shape(history, id, seed);
            check_effects(history, &by_order[&number], &steps, allowed, &what);
        }
        let crashed = |event: &&Event| matches!(event.kind, EventKind::InvocationCompleted { error: Some(_), .. });
        interrupted += history.iter().filter(crashed).count();
    }
    assert_eq!(engine.stranded().await.unwrap(), [], "nothing will ever wake these, seed {seed}");
    interrupted
}

/// Nothing was forgotten, and nobody was blamed for the end of a process that others brought about.
pub(crate) fn check_ledger(entries: &[Entry], seed: u64, allowed: Allowed) {
    let wrong = |entry: &&Entry| match entry {
        Entry::Parked { reason, .. } => !(allowed.crash_loops && reason.contains("processes in a row ended")),
        entry => matches!(entry, Entry::Stranded { .. }),
    };
    let wrong: Vec<_> = entries.iter().filter(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:?}, seed {seed}");
}

/// The one execution that an order has started.
fn child(history: &[Event]) -> ExecutionId {
    let started: Vec<_> = history
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::ChainedInvokeStarted { execution, .. } => Some(execution),
            _ => None,
        })
        .collect();
    assert_eq!(started.len(), 1);
    started[0]
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

/// What the ledger says of one order.
#[derive(Debug, Default)]
struct Effects {
    /// The processes in which each step's body began, once for each time.
    begun: BTreeMap<String, Vec<u32>>,
    /// The step whose body ended with a mark.
    by_mark: HashMap<String, String>,
    /// The mark with which each step's body ended last.
    last: BTreeMap<String, String>,
}

impl Effects {
    fn by_order(entries: &[Entry]) -> HashMap<u32, Self> {
        let mut all = HashMap::<u32, Self>::new();
        for entry in entries.iter().cloned() {
            match entry {
                Entry::Begin { order, step, process } => {
                    all.entry(order).or_default().begun.entry(step).or_default().push(process);
                }
                Entry::End { order, step, mark } => {
                    let effects = all.entry(order).or_default();
                    effects.by_mark.insert(mark.clone(), step.clone());
                    effects.last.insert(step, mark);
                }
                _ => {}
            }
        }
        all
    }
}

/// What history says of one step.
#[derive(Debug, Default)]
struct Attempts {
    /// Attempts whose start is on record by itself.
    started: usize,
    /// Attempts with an outcome on record.
    ended: usize,
    marks: Vec<String>,
}

/// What is recorded is what happened last, what happened is recorded, and nothing happened more often than it may.
fn check_effects(history: &[Event], effects: &Effects, steps: &[&str], allowed: Allowed, what: &str) {
    let mut attempts = BTreeMap::<_, Attempts>::new();
    for event in history {
        let Some(operation) = &event.operation else { continue };
        match &event.kind {
            EventKind::StepStarted => attempts.entry(operation.id.clone()).or_default().started += 1,
            EventKind::StepFailed { .. } => attempts.entry(operation.id.clone()).or_default().ended += 1,
            EventKind::StepSucceeded { result, .. } => {
                let attempts = attempts.entry(operation.id.clone()).or_default();
                attempts.ended += 1;
                attempts.marks.extend(result.as_deref().and_then(mark));
            }
            _ => {}
        }
    }
    let mut recorded = BTreeSet::new();
    // The submitter of the callback is a step without a mark.
    for Attempts { started, ended, marks } in attempts.into_values().filter(|attempts| !attempts.marks.is_empty()) {
        assert_eq!(marks.len(), 1, "a step has two results, {what}");
        let step = effects.by_mark.get(&marks[0]).unwrap_or_else(|| panic!("{} never ended, {what}", marks[0]));
        assert_eq!(effects.last.get(step), Some(&marks[0]), "{step} ran again after its record, {what}");
        assert!(recorded.insert(step.as_str()), "{step} is recorded twice, {what}");
        check_count(step, &effects.begun[step], (started, ended), allowed, what);
    }
    assert_eq!(recorded, steps.iter().copied().collect(), "{what}");
}

/// Each time that a body began led to an outcome on record, or its process ended before that.
fn check_count(step: &str, begun: &[u32], (started, ended): (usize, usize), allowed: Allowed, what: &str) {
    let processes = begun.iter().collect::<BTreeSet<_>>().len();
    let most = if step == "pay" && !allowed.lost_records {
        // At most once for each start on record.
        started
    } else {
        ended + processes + allowed.failed_writes
    };
    assert!(begun.len() <= most, "{step} began {} times, and may have {most} times, {what}", begun.len());
}

fn mark(result: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(result).ok()?;
    value.get("mark")?.as_str().map(str::to_owned)
}
