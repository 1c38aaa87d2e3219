//! Observers that take their time, and news of executions.

use std::sync::{Arc, Condvar, Mutex};

use durable::model::OperationStatus;
use durable::observe::{Observer, OperationChange, OperationInfo};
use durable::prelude::*;
use durable::{ErrorObject, ExecutionStatus, Limits, RunError};
use futures_util::StreamExt;

async fn number(n: u32) -> u32 {
    n
}

#[durable]
async fn sum() -> u32 {
    let mut sum = 0;
    for n in 1..=20 {
        #[step]
        let n = number(n).await;
        sum += n;
    }
    sum
}

/// Hears nothing before it is let go.
#[derive(Default)]
struct Deaf {
    let_go: Mutex<bool>,
    changed: Condvar,
    heard: Mutex<Vec<String>>,
}

impl Observer for Deaf {
    fn operation_ended(&self, operation: &OperationInfo) {
        let wait = self.changed.wait_while(self.let_go.lock().unwrap(), |let_go| !*let_go);
        drop(wait.unwrap());
        self.heard.lock().unwrap().push(operation.result.clone().unwrap());
    }
}

#[tokio::test]
async fn an_observer_that_blocks_keeps_nobody_from_going_on() {
    let deaf = Arc::new(Deaf::default());
    let engine = Engine::in_memory().register(sum).observer(Arc::clone(&deaf)).start().await.unwrap();
    // It would never end if it had to wait.
    for _ in 0..3 {
        assert_eq!(engine.start(sum()).await.unwrap().output().await.unwrap(), 210);
    }
    assert!(deaf.heard.lock().unwrap().is_empty());
    *deaf.let_go.lock().unwrap() = true;
    deaf.changed.notify_all();
    engine.shutdown().await;
    let heard = deaf.heard.lock().unwrap();
    let once: Vec<_> = (1..=20).map(|n| n.to_string()).collect();
    assert_eq!(*heard, [&once[..], &once[..], &once[..]].concat(), "all of it, in its order");
}

/// What a step's operation has while it is not its end that is told.
#[derive(Default)]
struct Errors(Mutex<Vec<(OperationStatus, Option<String>)>>);

impl Observer for Errors {
    fn operations_changed(&self, change: &OperationChange<'_>) {
        let seen = change.updated.iter().map(|operation| {
            let error = operation.error.as_ref().map(|error| error.text().to_owned());
            (operation.status, error)
        });
        self.0.lock().unwrap().extend(seen);
    }
}

#[durable]
async fn second_time() -> Result<u32, String> {
    #[step(retry(fixed, initial_delay = "1s"))]
    fails_once().await
}

async fn fails_once() -> Result<u32, String> {
    if durable::attempt() == 1 { Err("not yet".to_owned()) } else { Ok(2) }
}

#[tokio::test]
async fn a_step_that_is_to_be_tried_again_shows_its_last_error() {
    let errors = Arc::new(Errors::default());
    let engine = Engine::in_memory().register(second_time).observer(Arc::clone(&errors)).start().await.unwrap();
    assert_eq!(engine.start(second_time()).await.unwrap().output().await.unwrap(), Ok(2));
    engine.shutdown().await;
    let seen = errors.0.lock().unwrap();
    assert!(seen.contains(&(OperationStatus::Pending, Some("not yet".to_owned()))), "{seen:?}");
    assert_eq!(seen.last(), Some(&(OperationStatus::Succeeded, None)), "{seen:?}");
}

#[durable(version = "7")]
async fn endless() {
    sleep(days(3)).await;
}

#[tokio::test]
async fn news_are_a_stream_that_ends_with_the_engine() {
    let engine = Engine::in_memory().register(endless).start().await.unwrap();
    let kept = engine.clone();
    let changes = engine.status_changes();
    let run = engine.start(endless()).await.unwrap();
    engine.stop(run.id(), ErrorObject::new("Enough", "it is")).await.unwrap();
    engine.shutdown().await;
    let seen: Vec<_> = changes.map(|change| (change.status, change.version)).collect().await;
    let version = Some("7".to_owned());
    assert_eq!(seen, [(ExecutionStatus::Running, version.clone()), (ExecutionStatus::Stopped, version)]);
    assert_eq!(kept.status_changes().next().await, None, "a handle that is left changes nothing");
}

#[durable]
async fn refused() -> Result<u32, String> {
    Err("no stock".to_owned())
}

#[tokio::test]
async fn news_tell_of_failures_and_timeouts() {
    let engine = Engine::in_memory().register(endless).register(refused).start().await.unwrap();
    let mut changes = engine.status_changes();
    let ends = async |changes: &mut durable::StatusChanges| loop {
        let change = changes.next().await.unwrap();
        if change.ended.is_some() {
            break (change.execution, change.status);
        }
    };
    let failed = engine.start(refused()).await.unwrap();
    assert_eq!(ends(&mut changes).await, (failed.id(), ExecutionStatus::Failed));
    let timed_out = engine.start(endless()).timeout(seconds(1)).await.unwrap();
    assert_eq!(ends(&mut changes).await, (timed_out.id(), ExecutionStatus::TimedOut));
}

#[tokio::test]
async fn the_reason_for_a_stop_is_cut_like_any_error() {
    let limits = Limits::new().result_bytes(100);
    let engine = Engine::in_memory().register(endless).limits(limits).start().await.unwrap();
    let run = engine.start(endless()).await.unwrap();
    engine.stop(run.id(), ErrorObject::new("Enough", "x".repeat(1000))).await.unwrap();
    let Err(RunError::Stopped(error)) = run.output().await else { panic!("not stopped") };
    assert!(error.text().contains("cut: the error had"), "{error}");
}
