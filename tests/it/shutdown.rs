//! The end of an engine: what runs may end, what comes after waits for the next engine.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use durable::prelude::*;
use durable::store::{SqliteOptions, SqliteStore, Store};
use durable::{Concurrency, Durability, Event, EventKind, Query, StepInterrupted};
use serde::{Deserialize, Serialize};

use crate::history::notation;
use crate::shaky::ShakyStore;

#[derive(Debug, Clone, Default)]
struct Steps(Arc<AtomicUsize>);

impl Steps {
    async fn take(&self, millis: u64) -> usize {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(millis)).await;
        number
    }

    fn begun(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[durable]
async fn slow(millis: u64, State(steps): State<Steps>) -> usize {
    let mut last = 0;
    for _ in 0..3 {
        #[step]
        let number = steps.take(millis).await;
        last = number;
    }
    last
}

async fn open(path: &std::path::Path, steps: &Steps) -> Engine {
    Engine::open(path).register(slow).state(steps.clone()).start().await.unwrap()
}

#[tokio::test]
async fn a_running_step_may_end_and_the_next_waits_for_the_next_engine() {
    let folder = tempfile::tempdir().unwrap();
    let (path, steps) = (folder.path().join("store.db"), Steps::default());
    let engine = open(&path, &steps).await;
    let run = engine.start(slow(200)).await.unwrap();
    while steps.begun() == 0 {
        tokio::task::yield_now().await;
    }
    engine.shutdown().await;
    assert_eq!(steps.begun(), 1, "no step began after the shutdown");

    let engine = open(&path, &steps).await;
    let history = notation(&engine, run.id()).await;
    assert!(history.starts_with("S0 S+ .!"), "the step has ended on record: {history}");
    let run = engine.start(slow(200)).name(run.id().to_string()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 3, "the first step did not run again");
    assert!(engine.list(Query::new().parked()).await.unwrap().is_empty());
    assert_eq!(engine.stranded().await.unwrap(), []);
}

#[tokio::test]
async fn a_step_that_takes_too_long_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let (path, steps) = (folder.path().join("store.db"), Steps::default());
    let engine = open(&path, &steps).await;
    let run = engine.start(slow(60_000)).await.unwrap();
    while steps.begun() == 0 {
        tokio::task::yield_now().await;
    }
    engine.shutdown_within(Duration::from_millis(20)).await;
    let engine = open(&path, &steps).await;
    while steps.begun() == 1 {
        tokio::task::yield_now().await;
    }
    assert!(engine.find("slow", &run.id().to_string()).await.unwrap().is_some());
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Interrupted;

impl From<StepInterrupted> for Interrupted {
    fn from(_: StepInterrupted) -> Self {
        Self
    }
}

#[step(at_most_once, retry(none))]
async fn once(steps: Steps) -> Result<usize, Interrupted> {
    Ok(steps.take(0).await)
}

#[durable]
async fn careful(State(steps): State<Steps>) -> Result<usize, Interrupted> {
    // On record as soon as the code has come here, and nobody's turn.
    let _here = create_callback::<u32>().await;
    once(steps).await
}

#[tokio::test]
async fn an_attempt_that_may_begin_once_has_not_begun_while_it_waits_for_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (path, steps) = (folder.path().join("store.db"), Steps::default());
    let open = async || {
        let engine = Engine::open(&path).register(slow).register(careful).state(steps.clone());
        engine.concurrency(Concurrency::new().steps(1)).start().await.unwrap()
    };
    let engine = open().await;
    let blocking = engine.start(slow(60_000)).await.unwrap().id();
    while steps.begun() == 0 {
        tokio::task::yield_now().await;
    }
    let waiting = engine.start(careful()).await.unwrap().id();
    let is_here = |event: &Event| matches!(event.kind, EventKind::CallbackStarted { .. });
    while !engine.history(waiting).await.unwrap().iter().any(is_here) {
        tokio::task::yield_now().await;
    }
    engine.shutdown_within(Duration::from_millis(20)).await;
    let engine = open().await;
    engine.stop(blocking, durable::ErrorObject::new("Cancelled", "it has done its part")).await.unwrap();
    let ended = engine.attach(careful, waiting).await.unwrap().result().await;
    assert!(ended.is_ok(), "its only attempt was not lost: {ended:?}");
}

#[tokio::test]
async fn relaxed_durability_survives_the_end_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let (path, steps) = (folder.path().join("store.db"), Steps::default());
    let engine = Engine::open(&path).register(slow).state(steps.clone()).durability(Durability::Relaxed);
    let engine = engine.start().await.unwrap();
    let run = engine.start(slow(0)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 3);
    let id = run.id();
    // A run is a handle to its engine.
    drop((run, engine));
    let engine = loop {
        match Engine::open(&path).register(slow).state(steps.clone()).start().await {
            Ok(engine) => break engine,
            Err(error) => pause(error).await,
        }
    };
    assert_eq!(notation(&engine, id).await, "S0 S+ S0 S+ S0 S+ . X+");
}

async fn pause(error: durable::StartError) {
    assert!(matches!(error, durable::StartError::Store(durable::StoreError::InUse { .. })), "{error}");
    // The threads of the one before are still ending.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// The store, when the engine that had it has ended.
async fn patiently(path: &std::path::Path) -> SqliteStore {
    loop {
        match SqliteStore::open(path, SqliteOptions::default()) {
            Ok(store) => return store,
            Err(error) => pause(error.into()).await,
        }
    }
}

#[tokio::test]
async fn the_last_handle_closes_the_store_in_peace() {
    let folder = tempfile::tempdir().unwrap();
    let (path, steps) = (folder.path().join("store.db"), Steps::default());
    let engine = open(&path, &steps).await;
    let run = engine.start(slow(60_000)).await.unwrap();
    while steps.begun() == 0 {
        tokio::task::yield_now().await;
    }
    drop((run, engine));
    let store = patiently(&path).await;
    assert!(!store.was_left_open(), "nobody crashed, so nobody will be blamed");
    assert_eq!(store.runnable(None, 9).unwrap().len(), 1, "the interrupted one goes on");
}

/// What a step waits for that blocks a thread.
#[derive(Debug, Clone, Default)]
struct Latch(Arc<(Mutex<bool>, Condvar)>);

impl Latch {
    fn wait(&self) {
        let (open, changed) = &*self.0;
        drop(changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

#[durable]
async fn on_the_pool(State(latch): State<Latch>, State(steps): State<Steps>) {
    block_on_pool(latch, steps).await;
}

#[durable]
async fn on_its_thread(State(latch): State<Latch>, State(steps): State<Steps>) {
    #[step(name = "block")]
    block_here(latch, steps).await;
}

fn block(latch: Latch, steps: Steps) {
    steps.0.fetch_add(1, Ordering::SeqCst);
    latch.wait();
}

#[step(blocking)]
fn block_on_pool(latch: Latch, steps: Steps) {
    block(latch, steps);
}

async fn block_here(latch: Latch, steps: Steps) {
    block(latch, steps);
}

#[tokio::test]
async fn a_step_that_blocks_a_thread_does_not_hold_up_the_shutdown() {
    for on_pool in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (path, steps, latch) = (folder.path().join("store.db"), Steps::default(), Latch::default());
        let engine = Engine::open(&path).register(on_the_pool).register(on_its_thread);
        let engine = engine.state(latch.clone()).state(steps.clone()).start().await.unwrap();
        let id = match on_pool {
            true => engine.start(on_the_pool()).await.unwrap().id(),
            false => engine.start(on_its_thread()).await.unwrap().id(),
        };
        while steps.begun() == 0 {
            tokio::task::yield_now().await;
        }
        let shutdown = engine.shutdown_within(Duration::from_millis(20));
        tokio::time::timeout(Duration::from_secs(60), shutdown).await.expect("the step is left alone");
        let store = patiently(&path).await;
        assert!(!store.was_left_open());
        assert_eq!(store.runnable(None, 9).unwrap(), [id], "the next engine runs it again");
        latch.open();
    }
}

#[durable]
async fn brief() -> u32 {
    7
}

#[tokio::test]
async fn the_end_waits_for_reads_that_keep_the_store_open() {
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let store = ShakyStore::before_load(move || {
        let _ = begun.send(());
        let _ = released.recv();
    });
    let engine = Engine::on_store(Arc::clone(&store) as Arc<dyn Store>).register(brief).start().await.unwrap();
    let id = engine.start(brief()).await.unwrap().id();
    let reader = engine.clone();
    let reading = tokio::spawn(async move { reader.history(id).await.map(|_| ()) });
    begins.recv().await.unwrap();

    let mut end = tokio::spawn(engine.shutdown());
    // Real time, as it is the end of threads that is waited for; a slow machine can only let this pass.
    let early = tokio::time::timeout(Duration::from_millis(100), &mut end).await;
    assert!(early.is_err(), "the store was still read when the engine said that it is closed");
    drop(release);
    end.await.unwrap();
    assert_eq!(Arc::strong_count(&store), 1, "nobody holds the store but this test");
    reading.await.unwrap().unwrap();
}
