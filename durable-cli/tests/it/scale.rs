//! A long history and many executions: each command answers at once, from a service and from its file.
//!
//! `EXECUTIONS=1000000 EVENTS=10000 cargo test --release -p durable-cli scale -- --nocapture` fills a larger store, and
//! prints how long each command takes.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use durable_core::model::{
    Action, Clock, ExecutionId, Kind, Name, OperationId, OperationUpdate, Start, SystemClock, Timestamp,
};
use durable_core::service::{Command, Execution, Outcome, Spec};
use durable_core::store::{Commit, Row, SqliteOptions, SqliteStore, Store};

use crate::bench::{Answer, Bench, answer, durable};

const BATCH: u32 = 2_000;

fn from_environment(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

fn name(text: String) -> Name {
    Name::new(text).unwrap()
}

fn update(number: u32, action: Action) -> OperationUpdate {
    let (label, kind) = (name("work".to_owned()), Kind::Step);
    OperationUpdate { id: OperationId::derive(None, &label, number), parent: None, name: Some(label), kind, action }
}

/// An execution of so many steps, which ended at once.
fn ended(store: &SqliteStore, label: String, steps: u32, then: Timestamp) -> Commit {
    let spec = Spec {
        id: ExecutionId::generate(),
        function: name("double".to_owned()),
        name: name(label),
        version: None,
        input: Some("1".to_owned()),
        tenant: None,
        timeout_seconds: None,
        parent: None,
    };
    let (mut execution, mut records) = Execution::create(spec.clone(), Arc::new(store.callback_key()), then);
    let token = execution.invoke(then).token;
    let updates = (0..steps).flat_map(|number| {
        let succeeded = Action::Succeed { payload: Some(number.to_string()), replay_children: false };
        [update(number, Action::Start(Start::Plain)), update(number, succeeded)]
    });
    let outcome = Outcome::Succeeded(Some("2".to_owned()));
    let command = Command::Finish { token, updates: updates.collect(), outcome };
    records.extend(execution.apply(command, then).unwrap().records);
    Commit {
        row: Some(Row { position: 0, records }),
        standing: Some(execution.standing()),
        create: Some(spec.clone()),
        ..Commit::new(spec.id)
    }
}

/// One long execution, and many short ones.
fn fill(path: &Path, executions: u32, events: u32) {
    let store = SqliteStore::open(path, SqliteOptions::default()).unwrap();
    let begun = SystemClock.now().as_millis() - 86_400_000;
    store.commit(&[ended(&store, "long".to_owned(), events / 2, Timestamp::from_millis(begun))]).unwrap();
    for first in (1..executions).step_by(BATCH as usize) {
        let batch = (first..executions.min(first + BATCH)).map(|number| {
            let then = Timestamp::from_millis(begun + i64::from(number) * 50);
            ended(&store, format!("order-{number}"), 1, then)
        });
        store.commit(&batch.collect::<Vec<_>>()).unwrap();
    }
    store.close().unwrap();
}

#[test]
fn long_histories_and_many_executions_are_shown() {
    let (executions, events) = (from_environment("EXECUTIONS", 1_200), from_environment("EVENTS", 2_100));
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("orders.db");
    fill(&store, executions, events);
    let bench = Bench::on(directory);
    let id = bench.works(&["get", "long"]).json()["DurableExecutionArn"].as_str().unwrap()[..].to_owned();
    let id = id.rsplit('/').next().unwrap();
    let each = |words: &[&str], check: &dyn Fn(&Answer)| {
        let timed = |from: &str, answer: &dyn Fn() -> Answer| {
            let began = Instant::now();
            let answer = answer().works();
            println!("{:>6} ms  {from:<8} durable {}", began.elapsed().as_millis(), words.join(" "));
            check(&answer);
        };
        timed("service", &|| bench.run(words));
        timed("file", &|| answer(durable().arg("--store").arg(&store).args(words)));
    };
    let lines = |count: u32| move |answer: &Answer| assert_eq!(answer.out.lines().count(), count as usize);
    let shown = |count: u32| move |answer: &Answer| assert_eq!(answer.json().as_array().unwrap().len(), count as usize);
    // The execution's start and end, and the end of its run.
    let whole = events / 2 * 2 + 3;
    each(&["history", "long", "--format", "json"], &|answer| {
        assert_eq!(answer.json()["Events"].as_array().unwrap().len(), whole as usize);
    });
    each(&["history", "long", "--format", "table"], &lines(whole + 1));
    each(&["trace", "long", "--format", "json"], &|answer| assert!(answer.out.contains("\"work\"")));
    each(&["ls", "--format", "table"], &lines(51));
    each(&["ls", "--limit", "1000"], &shown(1_000));
    each(&["ls", "--oldest-first", "--status", "succeeded", "--function", "double", "--limit", "1"], &|answer| {
        assert_eq!(answer.json()[0]["name"], "long");
    });
    each(&["ls", "--status", "running"], &shown(0));
    each(&["ls", "--waiting-on", "callback"], &shown(0));
    each(&["ls", "--name-prefix", "order-111"], &|answer| {
        let found = answer.json();
        let names = found.as_array().unwrap().iter().map(|execution| execution["name"].as_str().unwrap());
        assert!(names.clone().all(|name| name.starts_with("order-111")) && names.count() > 1, "{found}");
    });
    each(&["ls", "--older-than", "12h", "--limit", "100"], &shown(100));
    for word in ["order-1", id, &id[28..]] {
        each(&["get", word, "--function", "double"], &|answer| assert_eq!(answer.json()["Status"], "SUCCEEDED"));
    }
}
