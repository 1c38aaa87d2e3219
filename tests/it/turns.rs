//! One execution that never waits for anything, and the others on its thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use durable::prelude::*;
use durable::{ErrorObject, RunError};

use crate::shaky::ShakyStore;

#[derive(Debug, Clone, Default)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    async fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    async fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Steps that take no time, one after the other, until the flag is set.
#[durable]
async fn hot(State(flag): State<Flag>) -> u32 {
    let mut turns = 0;
    loop {
        #[step(name = "look")]
        let set = flag.is_set().await;
        turns += 1;
        if set || turns > 1_000_000 {
            return turns;
        }
    }
}

#[durable]
async fn other(State(flag): State<Flag>) {
    #[step]
    flag.set().await;
}

async fn engine() -> Engine {
    let engine = Engine::on_store(Arc::new(ShakyStore::new())).register(hot).register(other).state(Flag::default());
    engine.workers(1).limits(durable::Limits::none()).start().await.unwrap()
}

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_run_that_never_waits_lets_others_run_too() {
    let engine = engine().await;
    let hot = engine.start(hot()).await.unwrap();
    engine.start(other()).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, hot.output()).await.expect("the other one got its turn");
    assert!(ended.unwrap() <= 1_000_000);
}

#[tokio::test]
async fn a_run_that_never_waits_can_be_stopped() {
    let engine = engine().await;
    let hot = engine.start(hot()).await.unwrap();
    let stop = engine.stop(hot.id(), ErrorObject::new("Cancelled", "enough"));
    tokio::time::timeout(PATIENCE, stop).await.expect("it is heard between two checkpoints").unwrap();
    assert!(matches!(hot.output().await, Err(RunError::Stopped(_))));
}
