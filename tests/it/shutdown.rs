//! The end of an engine: what runs may end, what comes after waits for the next engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use durable::prelude::*;
use durable::{Durability, Query};

use crate::history::notation;

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
        let engine = Engine::open(&path).register(slow).state(steps.clone()).start().await;
        match engine {
            Ok(engine) => break engine,
            // The threads of the first one are still ending.
            Err(durable::StartError::Store(durable::StoreError::InUse { .. })) => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(notation(&engine, id).await, "S0 S+ S0 S+ S0 S+ . X+");
}
