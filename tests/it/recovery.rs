//! What an engine finds when it starts, and what it makes of writes of which nobody knows whether they happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use durable::model::{Action, Clock, Kind, Name, OperationId, OperationUpdate, Start, SystemClock, Timestamp};
use durable::prelude::*;
use durable::service::{Command, Execution, Record, Spec, Standing};
use durable::store::{Commit, MemoryStore, Row, SqliteOptions, SqliteStore, Store, Trouble};
use durable::{Concurrency, EngineError, ExecutionId, ExecutionStatus, Query, WaitingOn};
use tokio::sync::Notify;

use crate::shaky::ShakyStore;

#[durable]
async fn double(number: u32) -> u32 {
    number * 2
}

#[durable]
async fn parent(number: u32) -> u32 {
    double(number).invoke().await.unwrap_or_default()
}

/// Waits until so many executions are listed.
async fn listed(engine: &Engine, query: Query, count: usize) {
    let all = async {
        while engine.list(query.clone().limit(100_000)).await.unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, all).await.unwrap_or_else(|_| panic!("never {count} of {query:?}"));
}

fn is_birth(commits: &[Commit], of_child: bool) -> bool {
    commits.iter().any(|commit| commit.create.as_ref().is_some_and(|spec| spec.parent.is_some() == of_child))
}

#[tokio::test]
async fn a_start_that_was_denied_and_happened_is_driven() {
    let store = ShakyStore::denying_once(|commits| is_birth(commits, false));
    let engine = Engine::on_store(store).register(double).start().await.unwrap();
    let denied = engine.start(double(21)).name("denied").await;
    assert!(matches!(denied, Err(EngineError::Store(_))));
    listed(&engine, Query::new().status(ExecutionStatus::Succeeded), 1).await;
    assert_eq!(engine.start(double(21)).name("denied").await.unwrap().output().await.unwrap(), 42);
}

#[tokio::test]
async fn a_start_whose_caller_has_gone_is_driven() {
    let engine = Engine::in_memory().register(double).start().await.unwrap();
    for number in 0..50_u32 {
        // Polled once: the write is on its way.
        let start = engine.start(double(number)).name(format!("gone-{number}")).into_future();
        let _ = poll_once(start);
    }
    listed(&engine, Query::new().status(ExecutionStatus::Succeeded), 50).await;
}

/// Polls a future once and drops it.
fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn the_child_of_a_write_that_was_denied_and_happened_is_driven() {
    let store = ShakyStore::denying_once(|commits| is_birth(commits, true));
    let engine = Engine::on_store(store).register(parent).register(double).start().await.unwrap();
    assert_eq!(engine.start(parent(21)).await.unwrap().output().await.unwrap(), 42);
}

#[durable]
async fn lonely() -> String {
    let found = invoke::<u32>("nobody", &1).await;
    found.map_or_else(|error| error.to_string(), |_| "found".to_owned())
}

#[tokio::test]
async fn a_child_that_cannot_start_fails_in_the_write_that_asks_for_it() {
    let store = Arc::new(ShakyStore::new());
    let engine = Engine::on_store(Arc::<ShakyStore>::clone(&store)).register(lonely).start().await.unwrap();
    let text = engine.start(lonely()).await.unwrap().output().await.unwrap();
    assert!(text.contains("no durable function `nobody` is registered"), "{text}");
    let kinds = |row: &Row| row.records.iter().map(event_type).collect::<Vec<_>>();
    let written = store.written();
    let asking = written.iter().filter_map(|commit| commit.row.as_ref().map(kinds));
    let asking: Vec<_> = asking.filter(|kinds| kinds.contains(&"ChainedInvokeStarted")).collect();
    assert!(matches!(asking.as_slice(), [kinds] if kinds.contains(&"ChainedInvokeFailed")), "{asking:?}");
}

#[tokio::test]
async fn an_end_that_nobody_knows_of_is_not_deleted() {
    let store = Arc::new(MemoryStore::new().unwrap());
    let engine = Engine::on_store(Arc::<MemoryStore>::clone(&store)).register(double).start().await.unwrap();
    let run = engine.start(double(1)).await.unwrap();
    run.output().await.unwrap();
    let standing = store.glance(run.id(), durable::store::LogEnd::Last).unwrap().unwrap().standing;
    let say = |unreported| Commit { standing: Some(Standing { unreported, ..standing }), ..Commit::new(run.id()) };
    store.commit(&[say(true)]).unwrap();
    assert!(matches!(engine.delete(run.id()).await, Err(EngineError::EndNotTold(id)) if id == run.id()));
    store.commit(&[say(false)]).unwrap();
    engine.delete(run.id()).await.unwrap();
}

#[derive(Debug, Clone, Default)]
struct Signals {
    begun: Arc<AtomicUsize>,
    go_on: Arc<Notify>,
}

impl Signals {
    /// Fails the first time, and waits for the test the second time.
    async fn second_time(&self) -> Result<u32, String> {
        if self.begun.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err("not yet".to_owned());
        }
        self.go_on.notified().await;
        Ok(7)
    }

    async fn held_up(&self) -> u32 {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.go_on.notified().await;
        7
    }

    async fn begun(&self, count: usize) {
        while self.begun.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[durable]
async fn retrying(State(signals): State<Signals>) -> Result<u32, String> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    let number = signals.second_time().await?;
    Ok(number)
}

/// Otherwise an attempt that ends the process leaves no trace, and can do so for ever.
#[tokio::test]
async fn a_retry_that_runs_is_on_record_as_running() {
    let (store, signals) = (Arc::new(MemoryStore::new().unwrap()), Signals::default());
    let engine = Engine::on_store(Arc::<MemoryStore>::clone(&store)).register(retrying).state(signals.clone());
    let engine = engine.start().await.unwrap();
    let run = engine.start(retrying()).await.unwrap();
    signals.begun(2).await;
    assert_eq!(store.runnable(None, 9).unwrap(), [run.id()]);
    signals.go_on.notify_one();
    assert_eq!(run.result().await.unwrap(), 7);
}

#[durable]
async fn held(number: u32, State(signals): State<Signals>) -> u32 {
    #[step]
    let seven = signals.held_up().await;
    seven + number
}

#[durable]
async fn asking(number: u32) -> u32 {
    let answer = create_callback::<u32>().await;
    number + answer.await_callback().unwrap_or_default()
}

/// An execution that was started, and that no engine has run yet.
fn newborn(store: &dyn Store, function: &str, number: u32) -> ExecutionId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    let id = ExecutionId::from_bytes(bytes);
    let name = |text: String| Name::new(text).unwrap();
    let spec = Spec {
        id,
        function: name(function.to_owned()),
        name: name(format!("{function}-{number}")),
        version: None,
        input: Some(number.to_string()),
        tenant: None,
        timeout_seconds: None,
        parent: None,
    };
    let now = Timestamp::from_millis(1);
    let (execution, records) = Execution::create(spec.clone(), Arc::new(store.callback_key()), now);
    let commit = Commit {
        row: Some(Row { position: 0, records }),
        create: Some(spec),
        standing: Some(execution.standing()),
        ..Commit::new(id)
    };
    store.commit(&[commit]).unwrap();
    id
}

const MANY: u32 = 5_000;

#[tokio::test]
async fn who_stays_in_memory_holds_up_nobody() {
    let store = Arc::new(MemoryStore::new().unwrap());
    for number in 0..MANY {
        newborn(store.as_ref(), "asking", number);
    }
    let engine = Engine::on_store(store).register(asking).resident(2 * MANY as usize).start().await.unwrap();
    listed(&engine, Query::new().waiting_on(WaitingOn::Callback), MANY as usize).await;
    while engine.metrics().resident < u64::from(MANY) {
        tokio::task::yield_now().await;
    }
    assert_eq!(engine.stranded().await.unwrap(), []);
}

#[tokio::test]
async fn who_waits_for_room_holds_up_nobody_and_needs_no_state() {
    let (store, signals) = (Arc::new(MemoryStore::new().unwrap()), Signals::default());
    for number in 0..MANY {
        newborn(store.as_ref(), "held", number);
    }
    newborn(store.as_ref(), "double", MANY);
    let engine = Engine::on_store(store).register(held).register(double).state(signals.clone());
    let engine = engine.concurrency_of(held, Concurrency::new().executions(1)).start().await.unwrap();
    listed(&engine, Query::new().status(ExecutionStatus::Succeeded), 1).await;
    assert_eq!(engine.stranded().await.unwrap(), [], "they wait for room, and are not forgotten");
    for count in 1..20 {
        signals.begun(count).await;
        assert_eq!(signals.begun.load(Ordering::SeqCst), count, "one at a time");
        signals.go_on.notify_one();
    }
    // One that waits can be stopped, and leaves its place to others.
    let waiting = engine.list(Query::new().function("held").status(ExecutionStatus::Running)).await.unwrap();
    let last = waiting.iter().map(|summary| summary.id).max().unwrap();
    engine.stop(last, durable::ErrorObject::new("Cancelled", "no more")).await.unwrap();
    signals.go_on.notify_one();
    signals.begun(21).await;
}

#[tokio::test]
async fn who_was_parked_as_poison_is_parked_before_anything_runs() {
    let (store, signals) = (Arc::new(MemoryStore::new().unwrap()), Signals::default());
    let id = newborn(store.as_ref(), "held", 1);
    let trouble = Trouble { crashes: 5, seen: 4, parked: Some("it ends every process".to_owned()) };
    store.commit(&[Commit { trouble: Some(trouble), ..Commit::new(id) }]).unwrap();
    let engine = Engine::on_store(store).register(held).state(signals.clone()).start().await.unwrap();
    assert!(engine.parked(id).is_some_and(|reason| reason.as_str() == "it ends every process"));
    engine.unpark(id).await.unwrap();
    signals.begun(1).await;
}

#[tokio::test]
async fn five_processes_are_enough_only_where_the_last_four_were_seen() {
    for (seen, is_parked) in [(0, false), (3, true)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        let id = newborn(&store, "double", 1);
        let trouble = Trouble { crashes: 4, seen, parked: None };
        store.commit(&[Commit { trouble: Some(trouble), ..Commit::new(id) }]).unwrap();
        // Not closed in peace, and with the execution on the thread of the first worker.
        drop(store);
        std::fs::write(folder.path().join("store.db-running"), [[0; 16], *id.as_bytes()].concat()).unwrap();
        let engine = Engine::open(&path).register(double).start().await.unwrap();
        assert_eq!(engine.parked(id).is_some(), is_parked);
        if !is_parked {
            assert_eq!(engine.attach(double, id).await.unwrap().output().await.unwrap(), 2);
        }
    }
}

#[tokio::test]
async fn a_suspect_that_survives_lets_the_next_one_run() {
    let (store, signals) = (ShakyStore::crashed(), Signals::default());
    let (slow, quick) = (newborn(&store, "held", 1), newborn(&store, "double", 2));
    for id in [slow, quick] {
        let trouble = Trouble { crashes: 3, ..Trouble::default() };
        store.commit(&[Commit { trouble: Some(trouble), ..Commit::new(id) }]).unwrap();
    }
    let engine = Engine::on_store(Arc::new(store)).register(held).register(double).state(signals.clone());
    let engine = engine.start().await.unwrap();
    signals.begun(1).await;
    // Whoever waits for its turn does not run early because someone has a look at it.
    let early = engine.start(double(2)).name("double-2").await.unwrap();
    assert!(engine.list(Query::new().status(ExecutionStatus::Succeeded)).await.unwrap().is_empty());
    assert_eq!(early.output().await.unwrap(), 4);
    assert_eq!(engine.stranded().await.unwrap(), []);
}

fn event_type(record: &Record) -> &'static str {
    match record {
        Record::Event(event) => event.kind.event_type(),
        _ => "what history does not show",
    }
}

/// What was written of an execution whose step failed at `then` and whose delay before the next attempt has ended.
fn ready_to_retry(store: &dyn Store, then: Timestamp) -> Commit {
    let (id, name) = (ExecutionId::generate(), |text: String| Name::new(text).unwrap());
    let spec = Spec {
        id,
        function: name("double".to_owned()),
        name: name(id.to_string()),
        version: Some(durable::plan(double).fingerprint()),
        input: Some("21".to_owned()),
        tenant: None,
        timeout_seconds: None,
        parent: None,
    };
    let (mut execution, mut records) = Execution::create(spec.clone(), Arc::new(store.callback_key()), then);
    let token = execution.invoke(then).token;
    let label = name("step".to_owned());
    let step = OperationId::derive(None, &label, 0);
    let failed = Err(durable::ErrorObject::new("Busy", "not now"));
    let updates = [Action::Start(Start::Plain), Action::Retry { attempt: failed, delay_seconds: 1 }];
    let update = |action| {
        let (id, name) = (step.clone(), Some(label.clone()));
        OperationUpdate { id, parent: None, name, kind: Kind::Step, action }
    };
    let updates = updates.into_iter().map(update).collect();
    records.extend(execution.apply(Command::Suspend { token, updates }, then).unwrap().records);
    let ready = execution.apply(Command::Tick, then.plus_seconds(1)).unwrap();
    assert!(ready.records.is_empty() && execution.standing().runnable);
    Commit {
        row: Some(Row { position: 0, records }),
        create: Some(spec),
        standing: Some(execution.standing()),
        ..Commit::new(id)
    }
}

#[tokio::test]
async fn a_retry_that_is_not_due_by_a_clock_that_was_set_back_is_waited_for() {
    let store = Arc::new(MemoryStore::new().unwrap());
    let tomorrow = SystemClock.now().plus_seconds(86_400);
    let retry = ready_to_retry(store.as_ref(), tomorrow);
    store.commit(std::slice::from_ref(&retry)).unwrap();
    let engine = Engine::on_store(Arc::<MemoryStore>::clone(&store)).register(double).start().await.unwrap();
    listed(&engine, Query::new().waiting_on(WaitingOn::Timer), 1).await;
    let standing = store.glance(retry.execution, durable::store::LogEnd::Last).unwrap().unwrap().standing;
    assert_eq!((standing.runnable, standing.due), (false, Some(tomorrow.plus_seconds(1))));
    assert_eq!(engine.stranded().await.unwrap(), []);
}

#[durable]
async fn brief() -> u32 {
    sleep(seconds(1)).await;
    7
}

#[tokio::test]
async fn the_end_of_a_recovered_execution_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let first = Engine::open(&path).register(brief).start().await.unwrap();
    let id = first.start(brief()).name("brief").await.unwrap().id();
    first.shutdown().await;

    let second = Engine::open(&path).register(brief).start().await.unwrap();
    let mut changes = second.status_changes();
    let change = changes.next().await.unwrap();
    assert_eq!((change.execution, change.status), (id, ExecutionStatus::Succeeded), "that it began was told before");
    assert_eq!((change.function.as_str(), change.name.as_str()), ("brief", "brief"));
    assert!(change.version.is_some() && change.ended.is_some_and(|ended| ended > change.started));
    let described = second.describe(id).await.unwrap();
    assert_eq!((change.started, change.ended), (described.started, described.ended));
    second.shutdown().await;
    assert_eq!(changes.next().await, None, "once");
}
