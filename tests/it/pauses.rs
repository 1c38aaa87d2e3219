//! Executions that are not to run for a while.

use durable::prelude::*;
use durable::service::Refused;
use durable::{EngineError, EventKind, ExecutionId, ExecutionStatus, Query};

#[durable]
async fn approval() -> Result<String, CallbackError> {
    let answer = create_callback::<String>().await;
    answer.await_callback()
}

#[durable]
async fn nap() {
    sleep(seconds(1)).await;
}

async fn types(engine: &Engine, id: ExecutionId) -> Vec<&'static str> {
    engine.history(id).await.unwrap().iter().map(|event| event.kind.event_type()).collect()
}

async fn reaches(engine: &Engine, id: ExecutionId, event: &str) {
    while types(engine, id).await.last() != Some(&event) {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

async fn callback(engine: &Engine, id: ExecutionId) -> CallbackId {
    let history = engine.history(id).await.unwrap();
    let opened = history.into_iter().find_map(|event| match event.kind {
        EventKind::CallbackStarted { callback_id, .. } => callback_id,
        _ => None,
    });
    opened.unwrap()
}

#[tokio::test]
async fn nothing_runs_during_a_pause_and_nothing_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let engine = Engine::open(&path).register(approval).start().await.unwrap();
    let id = engine.start(approval()).await.unwrap().id();
    reaches(&engine, id, "InvocationCompleted").await;
    engine.pause(id, Some("lunch".to_owned()), true).await.unwrap();
    let again = engine.pause(id, None, true).await;
    assert!(matches!(again, Err(EngineError::Refused(Refused::AlreadyPaused))), "{again:?}");
    engine.complete_callback(&callback(&engine, id).await, "yes").await.unwrap();
    assert_eq!(
        types(&engine, id).await,
        ["ExecutionStarted", "CallbackStarted", "InvocationCompleted", "ExecutionPaused", "CallbackSucceeded"]
    );
    let described = engine.describe(id).await.unwrap();
    assert_eq!(described.status, ExecutionStatus::Paused);
    assert_eq!(described.paused.unwrap().reason.as_deref(), Some("lunch"));
    assert!(engine.stranded().await.unwrap().is_empty());
    engine.shutdown().await;

    let engine = Engine::open(&path).register(approval).start().await.unwrap();
    let paused = engine.list(Query::new().status(ExecutionStatus::Paused)).await.unwrap();
    assert_eq!(paused.iter().map(|summary| summary.id).collect::<Vec<_>>(), [id]);
    engine.resume(id, None).await.unwrap();
    assert_eq!(engine.attach(approval, id).await.unwrap().result().await.unwrap(), "yes");
    let history = types(&engine, id).await;
    assert_eq!(history[5..], ["ExecutionResumed", "InvocationCompleted", "ExecutionSucceeded"]);
    let ended = engine.resume(id, None).await;
    assert!(matches!(ended, Err(EngineError::Refused(Refused::Ended))), "{ended:?}");
}

#[tokio::test]
async fn a_timeout_stands_still_during_a_pause_unless_it_should_not() {
    let engine = Engine::in_memory().register(approval).start().await.unwrap();
    let timeout = std::time::Duration::from_secs(1);
    let still = engine.start(approval()).timeout(timeout).await.unwrap();
    let counting = engine.start(approval()).timeout(timeout).await.unwrap();
    reaches(&engine, still.id(), "InvocationCompleted").await;
    reaches(&engine, counting.id(), "InvocationCompleted").await;
    engine.pause(still.id(), None, true).await.unwrap();
    engine.pause(counting.id(), None, false).await.unwrap();
    assert!(matches!(counting.output().await, Err(durable::RunError::TimedOut(_))));
    assert_eq!(engine.describe(still.id()).await.unwrap().status, ExecutionStatus::Paused);
    engine.resume(still.id(), None).await.unwrap();
    engine.complete_callback(&callback(&engine, still.id()).await, "in time").await.unwrap();
    assert_eq!(still.result().await.unwrap(), "in time");
}

#[tokio::test]
async fn what_is_not_paused_can_t_be_resumed() {
    let engine = Engine::in_memory().register(nap).start().await.unwrap();
    let run = engine.start(nap()).await.unwrap();
    let refused = engine.resume(run.id(), None).await;
    assert!(matches!(refused, Err(EngineError::Refused(Refused::NotPaused))), "{refused:?}");
}
