//! The engine: idempotent starts, recovery from a file, one commit per step.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use durable::model::OperationId;
use durable::prelude::*;
use durable::service::CallbackKey;
use durable::store::{
    Commit, Committed, Due, Glance, LogEnd, MemoryStore, Query, SqliteOptions, SqliteStore, Store, Stored, Trouble,
};
use durable::{EngineError, ErrorObject, ExecutionId, ExecutionStatus, Run, RunError, StoreError, Summary};

use crate::history::notation;

/// How often side effects happened.
#[derive(Debug, Clone, Default)]
struct Effects(Arc<AtomicUsize>);

impl Effects {
    async fn happen(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[durable]
async fn three_steps(start: usize, State(effects): State<Effects>) -> usize {
    #[step(name = "first")]
    let first = effects.happen().await;
    #[step(name = "second")]
    let second = effects.happen().await;
    #[step(name = "third")]
    let third = effects.happen().await;
    start + first + second + third
}

#[durable]
async fn nap(State(effects): State<Effects>) -> usize {
    #[step(name = "before")]
    effects.happen().await;
    sleep(seconds(1)).await;
    #[step(name = "after")]
    let count = effects.happen().await;
    count
}

#[durable]
async fn forever() -> () {
    sleep(days(300)).await;
}

/// A store that tells before each write, and says after it that it failed if it is told to.
struct Observed {
    store: Box<dyn Store>,
    before: Box<dyn Fn() + Send + Sync>,
    fails: fn(&[Commit]) -> bool,
}

impl Observed {
    /// Counts the writes.
    fn counting(store: impl Store, writes: &Arc<AtomicUsize>) -> Arc<Self> {
        let writes = Arc::clone(writes);
        let before = move || {
            writes.fetch_add(1, Ordering::SeqCst);
        };
        Arc::new(Self { store: Box::new(store), before: Box::new(before), fails: |_| false })
    }
}

impl Store for Observed {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        (self.before)();
        let committed = self.store.commit(commits);
        if (self.fails)(commits) {
            return Err(StoreError::Io { path: PathBuf::from("store.db"), reason: "nobody knows".to_owned() });
        }
        committed
    }

    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        self.store.load(id)
    }

    fn find(
        &self,
        function: &durable::model::Name,
        name: &durable::model::Name,
    ) -> Result<Option<ExecutionId>, StoreError> {
        self.store.find(function, name)
    }

    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError> {
        self.store.find_callback(hash)
    }

    fn glance(&self, id: ExecutionId, end: LogEnd) -> Result<Option<Glance>, StoreError> {
        self.store.glance(id, end)
    }

    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.store.runnable(after, limit)
    }

    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError> {
        self.store.due(after, limit)
    }

    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError> {
        self.store.stranded()
    }

    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError> {
        self.store.troubles()
    }

    fn was_left_open(&self) -> bool {
        self.store.was_left_open()
    }

    fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }

    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        self.store.list(query)
    }

    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError> {
        self.store.delete(executions)
    }

    fn ended_before(&self, time: durable::Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.store.ended_before(time, limit)
    }

    fn beside(&self, suffix: &str) -> Option<PathBuf> {
        self.store.beside(suffix)
    }

    fn callback_key(&self) -> CallbackKey {
        self.store.callback_key()
    }
}

#[tokio::test]
async fn a_step_costs_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("store.db"), SqliteOptions::default()).unwrap();
    let writes = Arc::new(AtomicUsize::new(0));
    let store = Observed::counting(store, &writes);
    let engine = Engine::on_store(store).register(three_steps).state(Effects::default()).start().await.unwrap();
    let run = engine.start(three_steps(0)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 6);
    // One for the start, one for each step, one for the end.
    assert_eq!(writes.load(Ordering::SeqCst), 5);
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ S0 S+ S0 S+ . X+");
}

#[tokio::test]
async fn a_suspension_costs_one_commit() {
    let writes = Arc::new(AtomicUsize::new(0));
    let store = Observed::counting(MemoryStore::new().unwrap(), &writes);
    let engine = Engine::on_store(store).register(nap).state(Effects::default()).start().await.unwrap();
    let run = engine.start(nap()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2);
    // Start, step, suspension, the timer, step, end.
    assert_eq!(writes.load(Ordering::SeqCst), 6);
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ W0 . W+ S0 S+ . X+");
}

/// Everything that the code did must be on record before it does the next thing.
#[tokio::test]
async fn a_step_is_on_record_before_the_next_begins() {
    let (effects, seen) = (Effects::default(), Arc::new(Mutex::new(Vec::new())));
    let before = {
        let (effects, seen) = (effects.clone(), Arc::clone(&seen));
        move || {
            // Long enough for code that does not wait for its commit to run ahead.
            std::thread::sleep(std::time::Duration::from_millis(30));
            seen.lock().unwrap().push(effects.count());
        }
    };
    let store = Observed { store: Box::new(MemoryStore::new().unwrap()), before: Box::new(before), fails: |_| false };
    let engine = Engine::on_store(Arc::new(store)).register(three_steps).state(effects).start().await.unwrap();
    engine.start(three_steps(0)).await.unwrap().output().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [0, 1, 2, 3, 3], "effects that had happened when each commit was made");
}

/// After a failed write nobody knows what is there: here it is all there, and whoever waits for the end must hear of it.
#[tokio::test]
async fn an_end_is_told_though_its_write_was_called_a_failure() {
    let fails =
        |commits: &[Commit]| commits.iter().any(|commit| commit.standing.is_some_and(|now| now.ended.is_some()));
    let store = Observed { store: Box::new(MemoryStore::new().unwrap()), before: Box::new(|| {}), fails };
    let engine = Engine::on_store(Arc::new(store)).register(three_steps).state(Effects::default()).start();
    let engine = engine.await.unwrap();
    assert_eq!(engine.start(three_steps(0)).await.unwrap().output().await.unwrap(), 6);
}

#[tokio::test]
async fn a_run_is_asked_twice_and_by_someone_who_gave_up_before() {
    let engine = Engine::in_memory().register(nap).state(Effects::default()).start().await.unwrap();
    let run = engine.start(nap()).await.unwrap();
    tokio::select! {
        biased;
        output = run.output() => panic!("ended before its sleep: {output:?}"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(run.output().await.unwrap(), 2);
    assert_eq!(run.output().await.unwrap(), 2);
}

#[tokio::test]
async fn one_name_starts_one_execution() {
    let engine = Engine::in_memory().register(three_steps).state(Effects::default()).start().await.unwrap();
    let first = engine.start(three_steps(10)).name("order-42").await.unwrap();
    assert_eq!(first.output().await.unwrap(), 16);
    let again = engine.start(three_steps(10)).name("order-42").await.unwrap();
    assert_eq!(again.id(), first.id());
    assert_eq!(again.output().await.unwrap(), 16);
    let other = engine.start(three_steps(11)).name("order-42").await.unwrap_err();
    assert!(matches!(other, EngineError::NameTaken { execution, .. } if execution == first.id()), "{other}");
    assert_eq!(engine.find("three_steps", "order-42").await.unwrap(), Some(first.id()));
}

async fn open(path: &Path, effects: &Effects) -> Engine {
    Engine::open(path).register(three_steps).register(nap).state(effects.clone()).start().await.unwrap()
}

#[tokio::test]
async fn a_suspended_execution_survives_its_engine() {
    let folder = tempfile::tempdir().unwrap();
    let (path, effects) = (folder.path().join("store.db"), Effects::default());
    let engine = open(&path, &effects).await;
    let id = engine.start(nap()).name("nap").await.unwrap().id();
    while !notation(&engine, id).await.ends_with("W0 .") {
        tokio::task::yield_now().await;
    }
    engine.shutdown().await;

    let engine = open(&path, &effects).await;
    let run = engine.start(nap()).name("nap").await.unwrap();
    assert_eq!((run.id(), run.output().await.unwrap()), (id, 2));
    assert_eq!(notation(&engine, id).await, "S0 S+ W0 . W+ S0 S+ . X+");
    assert_eq!(effects.count(), 2);
}

#[tokio::test]
async fn stopping_ends_an_execution_for_good() {
    let engine = Engine::in_memory().register(forever).start().await.unwrap();
    let run: Run<_> = engine.start(forever()).await.unwrap();
    engine.stop(run.id(), ErrorObject::new("Changed", "no longer needed")).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert!(matches!(error, RunError::Stopped(_)), "{error}");
    let again = engine.stop(run.id(), ErrorObject::default()).await;
    assert!(matches!(again, Err(EngineError::Refused(_))));
    let stopped = Query::new().status(ExecutionStatus::Stopped);
    assert_eq!(engine.list(stopped).await.unwrap().len(), 1);
}

#[tokio::test]
async fn arguments_and_results_can_be_json() {
    let engine = Engine::in_memory().register(three_steps).state(Effects::default()).start().await.unwrap();
    let run = engine.start_json("three_steps", "4").await.unwrap();
    assert_eq!(run.output().await.unwrap(), "10");
}

#[tokio::test]
async fn many_executions_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let effects = Effects::default();
    let engine = open(&folder.path().join("store.db"), &effects).await;
    let mut runs = Vec::new();
    for _ in 0..200 {
        runs.push(engine.start(nap()).await.unwrap());
    }
    for run in &runs {
        run.output().await.unwrap();
    }
    assert_eq!(effects.count(), 400);
}

#[tokio::test]
async fn what_an_engine_is_asked_after_its_end_fails_cleanly() {
    let engine = Engine::in_memory().register(forever).start().await.unwrap();
    let run = engine.start(forever()).await.unwrap();
    let other = engine.clone();
    engine.shutdown().await;
    assert!(matches!(run.output().await, Err(RunError::Engine(EngineError::ShutDown))));
    assert!(matches!(other.start(forever()).await, Err(EngineError::ShutDown)));
    assert!(matches!(other.stop(run.id(), ErrorObject::default()).await, Err(EngineError::ShutDown)));
}

#[tokio::test]
async fn an_execution_that_takes_too_long_times_out() {
    let engine = Engine::in_memory().register(forever).start().await.unwrap();
    let run = engine.start(forever()).timeout(seconds(1)).await.unwrap();
    assert!(matches!(run.output().await, Err(RunError::TimedOut(_))));
    assert_eq!(notation(&engine, run.id()).await, "W0 . Xt");
}

#[tokio::test]
async fn what_has_ended_can_be_deleted_and_its_name_used_again() {
    let engine = Engine::in_memory().register(three_steps).register(forever).state(Effects::default());
    let engine = engine.start().await.unwrap();
    let run = engine.start(three_steps(1)).name("a").await.unwrap();
    run.output().await.unwrap();
    engine.delete(run.id()).await.unwrap();
    assert!(matches!(engine.history(run.id()).await, Err(EngineError::UnknownExecution(_))));
    let again = engine.start(three_steps(2)).name("a").await.unwrap();
    assert_ne!(again.id(), run.id());

    let open = engine.start(forever()).await.unwrap();
    assert!(matches!(engine.delete(open.id()).await, Err(EngineError::StillRunning(_))));
}

#[tokio::test]
async fn executions_are_deleted_after_their_retention() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
    let start = async |retention| {
        let engine = Engine::on_store(Arc::clone(&store)).register(three_steps).register(forever);
        engine.state(Effects::default()).retention(retention).start().await.unwrap()
    };
    let engine = start(days(1)).await;
    let ended = engine.start(three_steps(1)).await.unwrap();
    ended.output().await.unwrap();
    engine.start(forever()).await.unwrap();
    assert_eq!(engine.list(Query::default()).await.unwrap().len(), 2);
    engine.shutdown().await;
    let engine = start(std::time::Duration::ZERO).await;
    while engine.list(Query::default()).await.unwrap().len() > 1 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(engine.history(ended.id()).await, Err(EngineError::UnknownExecution(_))));
}

#[tokio::test]
async fn beginnings_and_ends_are_told() {
    let engine = Engine::in_memory().register(three_steps).state(Effects::default()).start().await.unwrap();
    let mut changes = engine.status_changes();
    let run = engine.start(three_steps(1)).name("a").await.unwrap();
    let (began, ended) = (changes.next().await.unwrap(), changes.next().await.unwrap());
    assert_eq!((began.status, ended.status), (ExecutionStatus::Running, ExecutionStatus::Succeeded));
    assert_eq!((began.execution, ended.name.as_str()), (run.id(), "a"));
    assert!(ended.ended.is_some());
}

#[tokio::test]
async fn an_execution_is_found_again_by_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let effects = Effects::default();
    let first = open(&path, &effects).await;
    let id = first.start(three_steps(4)).await.unwrap().id();
    first.attach(three_steps, id).await.unwrap().output().await.unwrap();
    first.shutdown().await;
    let second = open(&path, &effects).await;
    assert_eq!(second.attach(three_steps, id).await.unwrap().output().await.unwrap(), 10);
    assert_eq!(second.attach_json(id).await.unwrap().output().await.unwrap(), "10");
    assert_eq!(effects.count(), 3, "nothing ran again");
    let other = second.attach(nap, id).await;
    assert!(matches!(other, Err(EngineError::UnknownExecution(unknown)) if unknown == id));
    let nobody = durable::ExecutionId::generate();
    assert!(matches!(second.attach_json(nobody).await, Err(EngineError::UnknownExecution(_))));
}

#[tokio::test]
async fn a_tenant_has_at_most_256_bytes() {
    let engine = Engine::in_memory().register(forever).start().await.unwrap();
    engine.start(forever()).tenant("t".repeat(256)).await.unwrap();
    let refused = engine.start(forever()).tenant("t".repeat(257)).await.unwrap_err();
    assert!(refused.to_string().contains("1 to 256 bytes, and this one has 257"), "{refused}");
}

#[durable]
async fn priced(number: u32, prices: HashMap<String, u32>) -> u32 {
    number + prices.values().sum::<u32>()
}

#[tokio::test]
async fn arguments_are_the_same_in_any_order() {
    let engine = Engine::in_memory().register(priced).start().await.unwrap();
    // Each map has an order of its own.
    let prices = || (0..20).map(|item| (format!("item {item}"), item)).collect::<HashMap<_, _>>();
    let first = engine.start(priced(1, prices())).name("order").await.unwrap();
    for _ in 0..5 {
        assert_eq!(engine.start(priced(1, prices())).name("order").await.unwrap().id(), first.id());
    }
    assert!(engine.start(priced(2, prices())).name("order").await.is_err());
}
