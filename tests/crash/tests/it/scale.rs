//! Many open executions in one file: the engine opens it, and wakes those whose time comes.
//!
//! `EXECUTIONS=1000000 cargo test --release -p durable-crash many_open -- --nocapture` fills a larger file, and checks how
//! long opening takes and how much memory the engine needs: less than 2 s and 300 MB. So many only in release mode.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use durable::model::{Action, Kind, Name, OperationId, OperationUpdate, Start};
use durable::prelude::*;
use durable::service::{Command, Execution, Parent, Spec};
use durable::store::{Commit, Row, SqliteOptions, SqliteStore, Store};
use durable::{ExecutionId, ExecutionStatus, Query, Timestamp, WaitingOn};
use durable_crash::resident_kib;

use crate::random::from_environment;

/// How many of them wake while the test looks.
const DUE: u32 = 200;
const BATCH: u32 = 2_000;

#[durable]
async fn nap(number: u32) -> u32 {
    sleep(days(30)).await;
    number
}

/// What an execution waits for.
#[derive(Debug, Clone, Copy)]
enum Open {
    Sleep,
    Callback,
    Child,
}

impl Open {
    /// Most sleep; of the others there are some.
    fn of(number: u32) -> Self {
        match number % 10 {
            3 => Self::Callback,
            7 => Self::Child,
            _ => Self::Sleep,
        }
    }

    fn start(self) -> (Kind, Start) {
        match self {
            Self::Sleep => (Kind::Wait, Start::Wait { seconds: 30 * 86_400 }),
            Self::Callback => (Kind::Callback, Start::Callback { timeout_seconds: None, heartbeat_seconds: None }),
            Self::Child => {
                let function = Name::new("nap".to_owned()).unwrap();
                (
                    Kind::ChainedInvoke,
                    Start::Invoke { function, input: Some("0".to_owned()), tenant: None, timeout_seconds: None },
                )
            }
        }
    }
}

/// What an engine has written of an execution that waits, from `then` on; and the execution that it started, if it did.
fn waiting(store: &SqliteStore, number: u32, open: Open, then: Timestamp, parent: Option<Parent>) -> Vec<Commit> {
    let id = match &parent {
        Some(parent) => ExecutionId::of_child(parent.execution, &parent.operation),
        None => ExecutionId::generate(),
    };
    let is_child = parent.is_some();
    let name = |text: String| Name::new(text).unwrap();
    let spec = Spec {
        id,
        function: name("nap".to_owned()),
        name: name(if is_child { format!("child-{number}") } else { format!("nap-{number}") }),
        version: Some(durable::plan(nap).fingerprint()),
        input: Some(number.to_string()),
        tenant: None,
        timeout_seconds: None,
        parent,
    };
    let (mut execution, mut records) = Execution::create(spec.clone(), Arc::new(store.callback_key()), then);
    let token = execution.invoke(then).token;
    let label = name("sleep".to_owned());
    let operation = OperationId::derive(None, &label, 0);
    let (kind, start) = open.start();
    let update =
        OperationUpdate { id: operation.clone(), parent: None, name: Some(label), kind, action: Action::Start(start) };
    records.extend(execution.apply(Command::Suspend { token, updates: vec![update] }, then).unwrap().records);
    let callbacks = match open {
        Open::Callback => vec![(store.callback_key().derive(id, &operation).hash(), operation.clone())],
        Open::Sleep | Open::Child => Vec::new(),
    };
    let commit = Commit {
        row: Some(Row { position: 0, records }),
        create: Some(spec),
        standing: Some(execution.standing()),
        callbacks,
        ..Commit::new(id)
    };
    let mut commits = vec![commit];
    if matches!(open, Open::Child) {
        let parent = Parent { execution: id, operation };
        commits.extend(waiting(store, number, Open::Sleep, then, Some(parent)));
    }
    commits
}

fn now() -> Timestamp {
    durable::model::Clock::now(&durable::model::SystemClock)
}

/// Fills a store with executions that wait, of which the last few sleep and wake very soon.
fn fill(path: &Path, count: u32) {
    let store = SqliteStore::open(path, SqliteOptions::default()).unwrap();
    for first in (0..count).step_by(BATCH as usize) {
        // Thirty days ago, seen from the batch's own time: writing the others takes a while.
        let begun = now().as_millis() - 30 * 86_400_000;
        let batch = (first..count.min(first + BATCH)).flat_map(|number| {
            // In an order that is not that of their times.
            let later = i64::from(number.wrapping_mul(7919) % 10_000_000) + 3_600_000;
            let due_soon = number >= count - DUE;
            let then = begun + if due_soon { 3_000 + i64::from(number % 10) * 100 } else { later };
            let open = if due_soon { Open::Sleep } else { Open::of(number) };
            waiting(&store, number, open, Timestamp::from_millis(then), None)
        });
        store.commit(&batch.collect::<Vec<_>>()).unwrap();
    }
    store.close().unwrap();
}

/// How many there have to be, in release mode, for the promises that are made of a million.
const MILLION: u32 = 1_000_000;

#[tokio::test]
async fn many_open_executions_cost_rows_and_those_that_are_due_wake() {
    let count: u32 = from_environment("EXECUTIONS", 20_000).try_into().unwrap();
    let is_promised = count >= MILLION && !cfg!(debug_assertions);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let begun = Instant::now();
    fill(&path, count);
    println!("{count} executions written in {:?}", begun.elapsed());

    let (begun, before) = (Instant::now(), resident_kib());
    let engine = Engine::open(&path).register(nap).start().await.unwrap();
    let (opened, needed) = (begun.elapsed(), resident_kib().saturating_sub(before));
    println!("opened in {opened:?}, with {needed} KiB");
    assert!(!is_promised || opened < Duration::from_secs(2), "opened in {opened:?}");
    assert_eq!(engine.stranded().await.unwrap(), []);

    let mut latest = Duration::ZERO;
    for number in count - DUE..count {
        let run = engine.start(nap(number)).name(format!("nap-{number}")).await.unwrap();
        assert_eq!(run.output().await.unwrap(), number);
        let history = engine.history(run.id()).await.unwrap();
        let ended = history.last().unwrap().timestamp;
        let due = history[1].timestamp.plus_seconds(30 * 86_400);
        assert!(ended >= due, "nap {number} ended early");
        latest = latest.max(ended.since(due));
    }
    let needed = resident_kib().saturating_sub(before);
    println!("{DUE} woke on time, the latest after {latest:?}; {needed} KiB");
    assert!(!is_promised || needed < 300_000, "{needed} KiB");
    assert!(!is_promised || latest < Duration::from_secs(1), "the latest woke after {latest:?}");

    let begun = Instant::now();
    let sleeping = engine.list(Query::new().waiting_on(WaitingOn::Timer).limit(50)).await.unwrap();
    assert_eq!(sleeping.len(), 50);
    for open in [WaitingOn::Callback, WaitingOn::Child] {
        assert_eq!(engine.list(Query::new().waiting_on(open).limit(50)).await.unwrap().len(), 50);
    }
    let ended = engine.list(Query::new().status(ExecutionStatus::Succeeded).limit(1_000)).await.unwrap();
    assert_eq!(ended.len(), DUE as usize);
    let named = engine.list(Query::new().name_prefix("nap-1")).await.unwrap();
    assert!(named.iter().all(|summary| summary.name.as_str().starts_with("nap-1")) && !named.is_empty());
    println!("five lists in {:?}", begun.elapsed());
    engine.shutdown().await;
}
