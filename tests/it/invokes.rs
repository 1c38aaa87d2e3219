//! Other durable functions as executions of their own.

use durable::prelude::*;
use durable::{EngineError, EventKind, ExecutionId, InvokeError, Query};

use crate::history::notation;

#[durable]
async fn score(amount: u32, country: String) -> Result<u32, String> {
    sleep(seconds(1)).await;
    if country == "nowhere" { Err(format!("{country} has no scores")) } else { Ok(amount / 10) }
}

#[durable]
async fn order(country: String) -> Result<u32, String> {
    let score = score(120, country).invoke().await.map_err(|error| error.to_string())??;
    #[step]
    let doubled = double(score).await;
    Ok(doubled)
}

async fn double(n: u32) -> u32 {
    n * 2
}

#[tokio::test]
async fn an_invoked_function_is_an_execution_of_its_own() {
    let engine = Engine::in_memory().register(order).register(score).start().await.unwrap();
    let run = engine.start(order("here".into())).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 24);
    assert_eq!(notation(&engine, run.id()).await, "I0 . I+ S0 S+ . X+");
    let history = engine.history(run.id()).await.unwrap();
    let child = history.iter().find_map(|event| match &event.kind {
        EventKind::ChainedInvokeStarted { execution, version, .. } => Some((*execution, version.clone())),
        _ => None,
    });
    let (child, version) = child.unwrap();
    assert_eq!(version.as_deref(), Some(durable::plan(score).fingerprint().to_string().as_str()));
    assert_eq!(notation(&engine, child).await, "W0 . W+ . X+");
    assert_eq!(engine.list(Query::default()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_error_of_an_invoked_function_is_its_own() {
    let engine = Engine::in_memory().register(order).register(score).start().await.unwrap();
    let run = engine.start(order("nowhere".into())).await.unwrap();
    assert_eq!(run.result().await.unwrap_err().to_string(), "nowhere has no scores");
    assert_eq!(notation(&engine, run.id()).await, "I0 . I- . X-");
}

#[durable]
async fn by_name(function: String) -> Result<u32, InvokeError> {
    let input = serde_json::json!({ "amount": 50, "country": "here" });
    invoke::<u32>(function, &input).named("score").await
}

#[tokio::test]
async fn a_function_can_be_invoked_by_name() {
    let engine = Engine::in_memory().register(by_name).register(score).start().await.unwrap();
    let run = engine.start(by_name("score".into())).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 5);

    let unknown = engine.start(by_name("scoer".into())).await.unwrap();
    let error = unknown.result().await.unwrap_err().to_string();
    assert!(error.contains("no durable function `scoer` is registered"), "{error}");
    assert_eq!(notation(&engine, unknown.id()).await, "I0 . I- . X-");
}

#[tokio::test]
async fn the_end_of_a_child_is_told_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let engine = Engine::open(&path).register(order).register(score).start().await.unwrap();
    engine.start(order("here".into())).name("o").await.unwrap();
    engine.shutdown().await;
    let engine = Engine::open(&path).register(order).register(score).start().await.unwrap();
    let run = engine.start(order("here".into())).name("o").await.unwrap();
    assert_eq!(run.result().await.unwrap(), 24);
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is odd")]
struct Odd(u32);

async fn halve(number: u32) -> Result<u32, Odd> {
    match number % 2 {
        _ if number == 13 => panic!("unlucky"),
        0 => Ok(number / 2),
        _ => Err(Odd(number)),
    }
}

#[durable]
async fn halved(number: u32) -> Result<u32, String> {
    durable::invoke::<u32>("halve", &number).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_plain_function_can_be_invoked() {
    let engine = Engine::in_memory().register(halved).register_plain("halve", halve).start().await.unwrap();
    let run = engine.start(halved(8)).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 4);
    assert_eq!(notation(&engine, run.id()).await, "I0 . I+ . X+");
    let refused = engine.start(halved(7)).await.unwrap().output().await.unwrap().unwrap_err();
    assert!(refused.contains("7 is odd"), "{refused}");
    let panicked = engine.start(halved(13)).await.unwrap().output().await.unwrap().unwrap_err();
    assert!(panicked.contains("`halve` panicked: unlucky"), "{panicked}");
    assert_eq!(engine.start_json("halve", "10").await.unwrap().output().await.unwrap(), "5");
    let wrong = engine.start_json("halve", "\"ten\"").await.unwrap_err();
    assert!(matches!(wrong, durable::EngineError::InvalidInput { .. }), "{wrong}");
}

#[durable(execution_timeout = "1s")]
async fn patient_child() -> u32 {
    sleep(days(1)).await;
    1
}

#[durable]
async fn parent_of_patient() -> String {
    let invoked = patient_child().invoke().await;
    let by_name = match &invoked {
        Err(InvokeError::TimedOut(_)) => invoke::<u32>("patient_child", &()).await,
        _ => Ok(0),
    };
    format!("{invoked:?} {by_name:?}")
}

#[tokio::test]
async fn a_child_that_takes_longer_than_its_function_says_has_timed_out() {
    let engine = Engine::in_memory().register(parent_of_patient).register(patient_child).start().await.unwrap();
    let run = engine.start(parent_of_patient()).await.unwrap();
    let text = run.output().await.unwrap();
    assert_eq!(text.matches("TimedOut").count(), 4, "{text}");
    assert_eq!(notation(&engine, run.id()).await, "I0 . It I0 . It . X+");
    let alone = engine.start(patient_child()).await.unwrap();
    assert!(matches!(alone.output().await, Err(durable::RunError::TimedOut(_))));
}

#[tokio::test]
async fn a_start_s_own_timeout_comes_before_the_function_s() {
    let engine = Engine::in_memory().register(patient_child).start().await.unwrap();
    let run = engine.start(patient_child()).timeout(hours(1)).await.unwrap();
    let history = engine.history(run.id()).await.unwrap();
    let started = history.first().map(|event| event.kind.clone());
    assert!(matches!(started, Some(EventKind::ExecutionStarted { timeout_seconds: Some(3_600), .. })), "{started:?}");
}

#[durable]
async fn endless_child() -> u32 {
    sleep(days(1)).await;
    1
}

#[durable]
async fn parent_of_endless() -> Result<u32, InvokeError> {
    endless_child().invoke().await
}

#[tokio::test]
async fn a_child_that_is_stopped_says_why() {
    let engine = Engine::in_memory().register(parent_of_endless).register(endless_child).start().await.unwrap();
    let run = engine.start(parent_of_endless()).await.unwrap();
    let child = loop {
        let children = engine.list(Query::new().function("endless_child")).await.unwrap();
        match children.first() {
            Some(child) => break child.id,
            None => tokio::task::yield_now().await,
        }
    };
    engine.stop(child, durable::ErrorObject::new("Changed", "no longer needed")).await.unwrap();
    let error = run.output().await.unwrap().unwrap_err();
    assert!(matches!(&error, InvokeError::Stopped(object) if object.is("Changed")), "{error:?}");
    assert_eq!(notation(&engine, run.id()).await, "I0 . I! . X-");
}

#[durable]
async fn impatient(by_name: bool) -> Result<u32, InvokeError> {
    if by_name {
        return invoke::<u32>("patient_grandchild", &()).timeout(seconds(1)).named("short").await;
    }
    patient_grandchild().invoke().timeout(seconds(1)).await
}

/// Its own word would let it go on for a day.
#[durable(execution_timeout = "1d")]
async fn patient_grandchild() -> u32 {
    sleep(hours(1)).await;
    1
}

/// The execution that the first invoke of this one has started, with the timeout on record.
async fn invoked(engine: &Engine, id: ExecutionId) -> (ExecutionId, Option<u32>) {
    loop {
        for event in engine.history(id).await.unwrap() {
            if let EventKind::ChainedInvokeStarted { execution, timeout_seconds, .. } = event.kind {
                return (execution, timeout_seconds);
            }
        }
        tokio::task::yield_now().await;
    }
}

/// The timeout that an execution was started with.
async fn timeout_of(engine: &Engine, id: ExecutionId) -> Option<u32> {
    engine.describe(id).await.unwrap().spec.timeout_seconds
}

#[tokio::test]
async fn an_invoke_s_own_timeout_comes_before_the_function_s() {
    let engine = Engine::in_memory().register(impatient).register(patient_grandchild).start().await.unwrap();
    for by_name in [false, true] {
        let run = engine.start(impatient(by_name)).await.unwrap();
        let error = run.output().await.unwrap().unwrap_err();
        assert!(matches!(error, InvokeError::TimedOut(_)), "{error:?}");
        assert_eq!(notation(&engine, run.id()).await, "I0 . It . X-");
        let (child, recorded) = invoked(&engine, run.id()).await;
        assert_eq!((recorded, timeout_of(&engine, child).await), (Some(1), Some(1)));
        assert_eq!(notation(&engine, child).await, "W0 . Xt");
    }
}

mod before {
    use super::*;

    #[durable(name = "edited")]
    pub(super) async fn edited() -> String {
        format!("{:?}", patient_grandchild().invoke().timeout(seconds(2)).await)
    }
}

mod after {
    use super::*;

    #[durable(name = "edited")]
    pub(super) async fn edited() -> String {
        format!("{:?}", patient_grandchild().invoke().timeout(hours(2)).await)
    }
}

#[tokio::test]
async fn a_child_keeps_the_timeout_that_it_was_started_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let engine = Engine::open(&path).register(before::edited).register(patient_grandchild).start().await.unwrap();
    let id = engine.start(before::edited()).await.unwrap().id();
    invoked(&engine, id).await;
    engine.shutdown().await;

    let engine = Engine::open(&path).register(after::edited).register(patient_grandchild).start().await.unwrap();
    let told = engine.attach(after::edited, id).await.unwrap().output().await.unwrap();
    assert!(told.starts_with("Err(TimedOut("), "{told}");
    let (child, recorded) = invoked(&engine, id).await;
    assert_eq!((recorded, timeout_of(&engine, child).await), (Some(2), Some(2)));
}

#[durable]
async fn far_ahead() -> Result<u32, InvokeError> {
    patient_grandchild().invoke().timeout(days(367)).await
}

#[tokio::test]
async fn a_timeout_that_history_can_t_hold_is_refused() {
    let engine = Engine::in_memory().register(far_ahead).register(patient_grandchild).start().await.unwrap();
    let run = engine.start(far_ahead()).await.unwrap();
    let error = run.output().await.unwrap_err().to_string();
    assert!(error.contains("the timeout of invoke `patient_grandchild` at tests/it/invokes.rs:"), "{error}");
    assert!(error.contains("31708800 seconds are more than the 31622400") && error.contains("help: "), "{error}");
    assert_eq!(notation(&engine, run.id()).await, ". X-");

    let refused = engine.start(patient_grandchild()).timeout(days(367)).name("never").await.unwrap_err();
    assert!(matches!(refused, EngineError::TimeoutTooLong(_)), "{refused}");
    assert!(refused.to_string().contains("at most 366 days"), "{refused}");
    assert!(engine.list(Query::new().function("patient_grandchild")).await.unwrap().is_empty());
    let longest = engine.start(patient_grandchild()).timeout(days(366)).await.unwrap();
    assert_eq!(timeout_of(&engine, longest.id()).await, Some(31_622_400));
}

#[tokio::test]
async fn what_a_stopped_execution_has_invoked_goes_on() {
    let engine = Engine::in_memory().register(order).register(score).start().await.unwrap();
    let run = engine.start(order("here".into())).await.unwrap();
    let (child, _) = invoked(&engine, run.id()).await;
    engine.stop(run.id(), durable::ErrorObject::new("Changed", "no longer needed")).await.unwrap();
    assert!(matches!(run.output().await, Err(durable::RunError::Stopped(_))));
    assert_eq!(engine.attach(score, child).await.unwrap().output().await.unwrap(), Ok(12));
    assert_eq!(notation(&engine, child).await, "W0 . W+ . X+");
    assert_eq!(notation(&engine, run.id()).await, "I0 . X!");
}
