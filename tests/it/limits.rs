//! How large an execution may grow, and what happens when it would grow larger.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use durable::prelude::*;
use durable::store::{MemoryStore, Store};
use durable::{CallbackId, EngineError, EventKind, ExecutionId, Limits, RunError};

use crate::history::notation;

#[derive(Debug, Clone, Default)]
struct Attempts(Arc<AtomicUsize>);

impl Attempts {
    async fn text(&self, bytes: usize) -> String {
        self.0.fetch_add(1, Ordering::SeqCst);
        "x".repeat(bytes)
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[durable]
async fn large_step(bytes: usize, State(attempts): State<Attempts>) -> usize {
    #[step]
    let text = attempts.text(bytes).await;
    text.len()
}

#[durable]
async fn caught(bytes: usize, State(attempts): State<Attempts>) -> String {
    #[step(name = "fetch")]
    let text = fallible(&attempts, bytes).await;
    text.map_or_else(|error| error.to_string(), |text| text.len().to_string())
}

async fn fallible(attempts: &Attempts, bytes: usize) -> Result<String, durable::Error> {
    Ok(attempts.text(bytes).await)
}

#[durable]
async fn large_result(bytes: usize) -> String {
    "x".repeat(bytes)
}

#[durable]
async fn many(steps: usize, State(attempts): State<Attempts>) -> usize {
    let mut sum = 0;
    for _ in 0..steps {
        #[step]
        let text = attempts.text(10).await;
        sum += text.len();
    }
    sum
}

#[durable]
async fn many_then_callback(steps: usize, State(attempts): State<Attempts>) -> String {
    for _ in 0..steps {
        #[step]
        attempts.text(10).await;
    }
    let callback = create_callback::<String>().await;
    callback.await_callback().unwrap_or_default()
}

fn engine(attempts: &Attempts, store: Arc<dyn Store>) -> durable::EngineBuilder {
    let engine = Engine::on_store(store).register(large_step).register(caught).register(large_result);
    engine.register(many).register(many_then_callback).state(attempts.clone())
}

async fn start(limits: Limits) -> (Engine, Attempts) {
    let attempts = Attempts::default();
    let store = Arc::new(MemoryStore::new().unwrap());
    (engine(&attempts, store).limits(limits).start().await.unwrap(), attempts)
}

#[tokio::test]
async fn oversize_result_fails_once_with_size_and_op_name() {
    let (engine, attempts) = start(Limits::new()).await;
    let run = engine.start(large_step(1_048_575)).await.unwrap();
    let Err(RunError::Failed(error)) = run.output().await else { panic!("it did not fail") };
    let text = error.to_string();
    // Two quotes make the text two bytes longer than the limit less one.
    let parts =
        ["PayloadTooLarge", "`text`", "limits.rs", "1048577 bytes", "limit of 1048576", "Limits::payload_bytes"];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    assert_eq!(attempts.count(), 1, "it would be as large the next time");
    assert_eq!(notation(&engine, run.id()).await, "S0 S-#1 . X-");
    assert_eq!(engine.start(large_step(1_048_574)).await.unwrap().output().await.unwrap(), 1_048_574);
}

#[tokio::test]
async fn an_error_that_has_a_place_can_be_caught() {
    let (engine, attempts) = start(Limits::new().payload_bytes(100)).await;
    let text = engine.start(caught(200)).await.unwrap().output().await.unwrap();
    assert!(text.contains("`fetch`") && text.contains("202 bytes"), "{text}");
    assert_eq!(attempts.count(), 1);
    assert_eq!(engine.start(caught(50)).await.unwrap().output().await.unwrap(), "50");
}

#[tokio::test]
async fn a_result_that_is_too_large_fails_the_execution_and_names_the_function() {
    let (engine, _) = start(Limits::new().result_bytes(1000)).await;
    assert_eq!(engine.start(large_result(998)).await.unwrap().output().await.unwrap().len(), 998);
    let run = engine.start(large_result(999)).await.unwrap();
    let Err(RunError::Failed(error)) = run.output().await else { panic!("it did not fail") };
    assert!(error.to_string().contains("the result of `large_result` has 1001 bytes"), "{error}");
}

#[tokio::test]
async fn a_result_of_more_than_six_megabytes_is_recorded_as_it_is() {
    let (engine, _) = start(Limits::new()).await;
    assert_eq!(engine.start(large_result(7_000_000)).await.unwrap().output().await.unwrap().len(), 7_000_000);
}

#[durable]
async fn measured(text: String) -> usize {
    text.len()
}

#[tokio::test]
async fn arguments_that_are_too_large_start_nothing() {
    let engine =
        Engine::in_memory().register(measured).limits(Limits::new().argument_bytes(1000)).start().await.unwrap();
    let refused = engine.start(measured("x".repeat(2000))).await.unwrap_err();
    assert!(matches!(refused, EngineError::Refused(_)), "{refused}");
    assert!(refused.to_string().contains("the input of `measured` has 2002 bytes"), "{refused}");
    assert!(engine.list(durable::Query::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn operations_are_counted_with_the_execution() {
    let (engine, attempts) = start(Limits::new().operations(5)).await;
    assert_eq!(engine.start(many(4)).await.unwrap().output().await.unwrap(), 40);
    let run = engine.start(many(9)).await.unwrap();
    let Err(RunError::Failed(error)) = run.output().await else { panic!("it did not fail") };
    assert!(
        error.to_string().contains("OperationLimitExceeded") && error.to_string().contains("5 operations"),
        "{error}"
    );
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ S0 S+ S0 S+ S0 S+ . X-");
    assert_eq!(attempts.count(), 4 + 5, "the one too many has run before it could be counted");
}

#[tokio::test]
async fn payloads_are_added_up() {
    let (engine, _) = start(Limits::new().stored_bytes(100)).await;
    let run = engine.start(many(50)).await.unwrap();
    let Err(RunError::Failed(error)) = run.output().await else { panic!("it did not fail") };
    assert!(error.to_string().contains("StorageLimitExceeded"), "{error}");
}

#[tokio::test]
async fn without_limits_nothing_is_too_large() {
    let (engine, _) = start(Limits::none()).await;
    assert_eq!(engine.start(many(3500)).await.unwrap().output().await.unwrap(), 35_000);
    assert_eq!(engine.start(large_result(7_000_000)).await.unwrap().output().await.unwrap().len(), 7_000_000);
}

async fn callback(engine: &Engine, id: ExecutionId) -> CallbackId {
    loop {
        let history = engine.history(id).await.unwrap();
        let opened = history.into_iter().find_map(|event| match event.kind {
            EventKind::CallbackStarted { callback_id, .. } => callback_id,
            _ => None,
        });
        match opened {
            Some(id) => return id,
            None => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn limits_that_were_lowered_break_no_replay() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
    let attempts = Attempts::default();
    let first = engine(&attempts, Arc::clone(&store)).start().await.unwrap();
    let run = first.start(many_then_callback(20)).name("a").await.unwrap();
    let id = callback(&first, run.id()).await;
    first.shutdown().await;
    let second = engine(&attempts, store).limits(Limits::new().operations(5)).start().await.unwrap();
    second.complete_callback(&id, "done").await.unwrap();
    let run = second.start(many_then_callback(20)).name("a").await.unwrap();
    assert_eq!(run.output().await.unwrap(), "done");
    assert_eq!(attempts.count(), 20);
}

#[tokio::test]
async fn a_callback_s_value_that_is_too_large_is_refused_and_the_callback_stays_open() {
    let (engine, _) = start(Limits::new().payload_bytes(100)).await;
    let run = engine.start(many_then_callback(0)).await.unwrap();
    let id = callback(&engine, run.id()).await;
    let refused = engine.complete_callback(&id, &"x".repeat(200)).await.unwrap_err();
    assert!(refused.to_string().contains("callback `callback` has 202 bytes"), "{refused}");
    engine.complete_callback(&id, "short").await.unwrap();
    assert_eq!(run.output().await.unwrap(), "short");
}

#[durable]
async fn invoking(bytes: usize) -> Result<usize, String> {
    let text = large_result(bytes).invoke().await.map_err(|error| error.to_string())?;
    Ok(text.len())
}

#[tokio::test]
async fn a_result_that_is_too_large_for_who_invoked_it_fails_the_invoke_alone() {
    let limits = Limits::new().payload_bytes(100);
    let engine = Engine::in_memory().register(invoking).register(large_result).limits(limits).start().await.unwrap();
    assert_eq!(engine.start(invoking(98)).await.unwrap().output().await.unwrap(), Ok(98));
    let run = engine.start(invoking(99)).await.unwrap();
    let error = run.output().await.unwrap().unwrap_err();
    assert!(error.contains("the result of invoke `large_result` has 101 bytes"), "{error}");
    assert_eq!(notation(&engine, run.id()).await, "I0 . I- . X-");
    let child = engine.list(durable::Query::new().function("large_result")).await.unwrap();
    assert!(child.iter().all(|child| child.status == durable::ExecutionStatus::Succeeded), "{child:?}");
}

async fn long_winded(bytes: usize) -> Result<(), String> {
    Err("é".repeat(bytes / 2))
}

#[durable]
async fn complains(bytes: usize) -> anyhow::Result<()> {
    #[step(retry(none))]
    let error = opaque(bytes).await;
    error
}

async fn opaque(bytes: usize) -> anyhow::Result<()> {
    long_winded(bytes).await.map_err(anyhow::Error::msg)
}

#[tokio::test]
async fn an_error_that_is_too_large_keeps_its_type_and_the_beginning_of_its_text() {
    let limits = Limits::new().payload_bytes(1_001);
    let engine = Engine::in_memory().register(complains).limits(limits).start().await.unwrap();
    let run = engine.start(complains(4_000)).await.unwrap();
    let error = run.output().await.unwrap().unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&"é".repeat(250)) && text.len() < 700, "{text}");
    assert!(text.ends_with("(cut: the error had 4013 bytes, more than the limit of 1001)"), "{text}");
    assert_eq!(notation(&engine, run.id()).await, "S0 S-#1 . X-");
    let short = engine.start(complains(20)).await.unwrap();
    assert_eq!(short.output().await.unwrap().unwrap_err().to_string(), "é".repeat(10));
}

#[tokio::test]
async fn a_failure_of_a_callback_is_cut_too() {
    let (engine, _) = start(Limits::new().payload_bytes(100)).await;
    let run = engine.start(many_then_callback(0)).await.unwrap();
    let id = callback(&engine, run.id()).await;
    let error =
        durable::ErrorObject { data: Some("x".repeat(90)), ..durable::ErrorObject::new("Refused", "no".repeat(60)) };
    engine.fail_callback(&id, error).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "");
    let history = engine.history(run.id()).await.unwrap();
    let recorded = history.into_iter().find_map(|event| match event.kind {
        EventKind::CallbackFailed { error } => Some(error),
        _ => None,
    });
    let recorded = recorded.unwrap();
    assert!(recorded.is("Refused") && recorded.data.is_none(), "{recorded:?}");
    assert!(recorded.text().ends_with("(cut: the error had 217 bytes, more than the limit of 100)"), "{recorded}");
}
