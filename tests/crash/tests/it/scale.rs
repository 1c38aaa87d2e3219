//! Many sleeping executions in one file: the engine opens it, and wakes those whose time comes.
//!
//! `EXECUTIONS=1000000 cargo test --release -p durable-crash many_sleeping -- --nocapture` fills a larger file and prints
//! how long opening takes and how much memory the engine needs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use durable::model::{Action, Kind, Name, OperationId, OperationUpdate, Start};
use durable::prelude::*;
use durable::service::{Command, Execution, Spec};
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

/// What an engine has written of an execution that sleeps, from `then` on.
fn sleeping(store: &SqliteStore, number: u32, then: Timestamp) -> Commit {
    let id = ExecutionId::generate();
    let name = |text: String| Name::new(text).unwrap();
    let spec = Spec {
        id,
        function: name("nap".to_owned()),
        name: name(format!("nap-{number}")),
        version: Some(durable::plan(nap).fingerprint()),
        input: Some(number.to_string()),
        tenant: None,
        timeout_seconds: None,
        parent: None,
    };
    let (mut execution, mut records) = Execution::create(spec.clone(), Arc::new(store.callback_key()), then);
    let token = execution.invoke(then).token;
    let sleep = name("sleep".to_owned());
    let updates = vec![OperationUpdate {
        id: OperationId::derive(None, &sleep, 0),
        parent: None,
        name: Some(sleep),
        kind: Kind::Wait,
        action: Action::Start(Start::Wait { seconds: 30 * 86_400 }),
    }];
    records.extend(execution.apply(Command::Suspend { token, updates }, then).unwrap().records);
    Commit {
        row: Some(Row { position: 0, records }),
        create: Some(spec),
        standing: Some(execution.standing()),
        ..Commit::new(id)
    }
}

fn now() -> Timestamp {
    durable::model::Clock::now(&durable::model::SystemClock)
}

/// Fills a store with sleeping executions, of which the last few wake very soon.
fn fill(path: &Path, count: u32) {
    let store = SqliteStore::open(path, SqliteOptions::default()).unwrap();
    for first in (0..count).step_by(BATCH as usize) {
        // Thirty days ago, seen from the batch's own time: writing the others takes a while.
        let begun = now().as_millis() - 30 * 86_400_000;
        let batch = (first..count.min(first + BATCH)).map(|number| {
            // In an order that is not that of their times.
            let later = i64::from(number.wrapping_mul(7919) % 10_000_000) + 3_600_000;
            let due_soon = number >= count - DUE;
            let then = begun + if due_soon { 3_000 + i64::from(number % 10) * 100 } else { later };
            sleeping(&store, number, Timestamp::from_millis(then))
        });
        store.commit(&batch.collect::<Vec<_>>()).unwrap();
    }
    store.close().unwrap();
}

#[tokio::test]
async fn many_sleeping_executions_cost_rows_and_those_that_are_due_wake() {
    let count: u32 = from_environment("EXECUTIONS", 20_000).try_into().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let begun = Instant::now();
    fill(&path, count);
    println!("{count} executions written in {:?}", begun.elapsed());

    let (begun, before) = (Instant::now(), resident_kib());
    let engine = Engine::open(&path).register(nap).start().await.unwrap();
    println!("opened in {:?}, with {} KiB", begun.elapsed(), resident_kib().saturating_sub(before));
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
    println!("{DUE} woke on time, the latest after {latest:?}; {} KiB", resident_kib().saturating_sub(before));

    let begun = Instant::now();
    let sleeping = engine.list(Query::new().waiting_on(WaitingOn::Timer).limit(50)).await.unwrap();
    assert_eq!(sleeping.len(), 50);
    let ended = engine.list(Query::new().status(ExecutionStatus::Succeeded).limit(1_000)).await.unwrap();
    assert_eq!(ended.len(), DUE as usize);
    let named = engine.list(Query::new().name_prefix("nap-1")).await.unwrap();
    assert!(named.iter().all(|summary| summary.name.as_str().starts_with("nap-1")) && !named.is_empty());
    println!("three lists in {:?}", begun.elapsed());
    engine.shutdown().await;
}
