//! Bad input: each mistake has its error, and the error says what to do.

use std::collections::HashMap;
use std::time::Duration;

use durable::prelude::*;
use durable::{EngineError, ErrorObject, EventKind, RunError, StartError, StoreError};

use crate::history::notation;

#[derive(Debug, Clone)]
struct Pool;

#[durable]
async fn with_state(State(_pool): State<Pool>) -> u32 {
    1
}

#[durable]
async fn two_arguments(count: u32, name: String) -> String {
    format!("{count} {name}")
}

async fn odd_map() -> HashMap<(u32, u32), u32> {
    HashMap::from([((1, 2), 3)])
}

#[durable]
async fn unserialisable_step() -> usize {
    #[step]
    let map = odd_map().await;
    map.len()
}

#[durable]
async fn unserialisable_argument(map: HashMap<Vec<u32>, u32>) -> usize {
    map.len()
}

#[tokio::test]
async fn missing_state_is_listed() {
    let error = Engine::in_memory().register(with_state).register(two_arguments).start().await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StartError::MissingState { .. }));
    assert!(text.contains("errors::Pool` for `with_state`") && text.contains(".state("), "{text}");
}

#[tokio::test]
async fn a_function_can_be_registered_once() {
    let error = Engine::in_memory().register(two_arguments).register(two_arguments).start().await.unwrap_err();
    assert!(matches!(error, StartError::DuplicateFunction(name) if name == "two_arguments"));
}

#[tokio::test]
async fn an_unknown_function_names_the_known_ones() {
    let engine = Engine::in_memory().register(two_arguments).start().await.unwrap();
    let error = engine.start_json("place_ordr", "1").await.unwrap_err();
    assert!(matches!(error, EngineError::UnknownFunction { .. }));
    assert!(error.to_string().contains("registered: `two_arguments`"), "{error}");
}

#[tokio::test]
async fn wrong_arguments_are_refused_at_the_start() {
    let engine = Engine::in_memory().register(two_arguments).start().await.unwrap();
    let error = engine.start_json("two_arguments", r#"{"count": "many", "name": "x"}"#).await.unwrap_err();
    assert!(matches!(error, EngineError::InvalidInput { .. }));
    let source = std::error::Error::source(&std::error::Error::source(&error).unwrap()).unwrap().to_string();
    assert!(source.contains("argument `count`"), "{source}");
    let good = engine.start_json("two_arguments", r#"{"name": "x", "count": 2}"#).await.unwrap();
    assert_eq!(good.output().await.unwrap(), "\"2 x\"");
}

#[tokio::test]
async fn an_execution_s_name_has_rules() {
    let engine = Engine::in_memory().register(two_arguments).start().await.unwrap();
    let error = engine.start(two_arguments(1, "x".into())).name("order 42").await.unwrap_err();
    assert!(matches!(error, EngineError::InvalidExecutionName(_)));
    assert!(error.to_string().contains("1 to 64 letters, digits"), "{error}");
}

#[tokio::test]
async fn a_result_that_does_not_serialise_fails_the_step_once() {
    let engine = Engine::in_memory().register(unserialisable_step).start().await.unwrap();
    let run = engine.start(unserialisable_step()).await.unwrap();
    let RunError::Failed(error) = run.output().await.unwrap_err() else { panic!("not failed") };
    assert!(error.is("SerializationError"));
    let message = error.message.unwrap();
    assert!(message.starts_with("step `odd_map` at tests/it/errors.rs"), "{message}");
    assert!(message.contains("string keys"), "{message}");
    assert_eq!(notation(&engine, run.id()).await, "S0 S-#1 . X-");
}

#[tokio::test]
async fn an_argument_that_does_not_serialise_starts_nothing() {
    let engine = Engine::in_memory().register(unserialisable_argument).start().await.unwrap();
    let map = HashMap::from([(vec![1], 1)]);
    let error = engine.start(unserialisable_argument(map)).await.unwrap_err();
    assert!(matches!(error, EngineError::Unserialisable(_)), "{error}");
    assert!(engine.list(durable::Query::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_store_that_can_t_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "dear diary, ".repeat(500)).unwrap();
    let error = Engine::open(&path).start().await.unwrap_err();
    assert!(matches!(error, StartError::Store(StoreError::NotAStore { .. })), "{error}");

    let error = Engine::open(folder.path().join("missing/store.db")).start().await.unwrap_err();
    assert!(matches!(error, StartError::Store(StoreError::Io { .. })), "{error}");

    let path = folder.path().join("store.db");
    let first = Engine::open(&path).start().await.unwrap();
    let error = Engine::open(&path).start().await.unwrap_err();
    assert!(matches!(error, StartError::Store(StoreError::InUse { .. })), "{error}");
    drop(first);
}

async fn page(number: u32) -> String {
    number.to_string().repeat(2000)
}

#[durable]
async fn many_pages() -> usize {
    let mut written = 0;
    for number in 0..60 {
        #[step]
        let text = page(number).await;
        written += text.len();
    }
    written
}

#[durable]
async fn with_note(_note: String) -> () {
    sleep(days(1)).await;
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_the_execution_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let engine =
        Engine::open(&path).max_store_bytes(160 * 1024).register(many_pages).register(with_note).start().await.unwrap();
    let run = engine.start(many_pages()).name("pages").await.unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(700), run.output()).await;
    assert!(waited.is_err(), "there was room for everything");
    // A start is small, so there may be room for a few more.
    let error = loop {
        if let Err(error) = engine.start(with_note("x".repeat(3000))).await {
            break error;
        }
    };
    assert!(matches!(error, EngineError::Store(StoreError::Full { .. })), "{error}");
    assert!(error.to_string().contains("free some space"), "{error}");
    let recorded = engine.history(run.id()).await.unwrap();
    engine.shutdown().await;

    let engine = Engine::open(&path).register(many_pages).register(with_note).start().await.unwrap();
    let resumed = engine.start(many_pages()).name("pages").await.unwrap();
    assert_eq!(resumed.output().await.unwrap(), (0..60).map(|n: u32| n.to_string().len() * 2000).sum::<usize>());
    let history = engine.history(run.id()).await.unwrap();
    assert_eq!(history[..recorded.len()], recorded, "what was recorded stays");
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct SerializationError;

async fn unlucky(tries: &std::sync::atomic::AtomicU32) -> Result<u32, SerializationError> {
    match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Err(SerializationError),
        n => Ok(n),
    }
}

#[durable]
async fn unlucky_once(
    State(tries): State<std::sync::Arc<std::sync::atomic::AtomicU32>>,
) -> Result<u32, SerializationError> {
    #[step(retry(fixed, initial_delay = "1s"))]
    unlucky(&tries).await
}

#[tokio::test]
async fn a_user_s_error_is_tried_again_whatever_its_name() {
    let tries = std::sync::Arc::<std::sync::atomic::AtomicU32>::default();
    let engine = Engine::in_memory().register(unlucky_once).state(tries).start().await.unwrap();
    let run = engine.start(unlucky_once()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 1);
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S+#2 . X+");
}

fn refusal() -> ErrorObject {
    ErrorObject { data: Some(r#"{"limit":3}"#.to_owned()), ..ErrorObject::new("Refused", "too many") }
}

#[derive(Debug, serde::Serialize, thiserror::Error)]
#[error("more than {limit}")]
struct OverLimit {
    limit: u32,
}

async fn keep(text: String) -> String {
    text
}

#[durable]
async fn checks_and_submitters() -> (String, String) {
    let carrying = wait_for_condition(0_u32, async |_: u32| Err::<u32, _>(refusal())).named("carrying").await;
    let plain = wait_for_condition(0_u32, async |_: u32| Err::<u32, _>(OverLimit { limit: 3 })).named("plain").await;
    let submitter = wait_for_callback(async |_| Err::<(), _>(refusal())).retry(durable::Retry::NONE).named("submitter");
    let submitter = submitter.await_callback::<u32>();
    let said = format!("{carrying:?} {plain:?} {submitter:?}");
    #[step(name = "first")]
    let first = keep(said.clone()).await;
    sleep(seconds(1)).await;
    (first, said)
}

#[tokio::test]
async fn what_errors_of_checks_and_submitters_carry_is_kept() {
    let engine = Engine::in_memory().register(checks_and_submitters).resident(0).start().await.unwrap();
    let run = engine.start(checks_and_submitters()).await.unwrap();
    let (first, replayed) = run.output().await.unwrap();
    assert_eq!(first, replayed);
    let history = engine.history(run.id()).await.unwrap();
    let errors = history.into_iter().filter_map(|event| match event.kind {
        EventKind::StepFailed { error, .. } => Some(error),
        _ => None,
    });
    // An error that is an `ErrorObject` says more than its text; of any other the type and the text are kept.
    assert_eq!(errors.collect::<Vec<_>>(), [refusal(), ErrorObject::new("OverLimit", "more than 3"), refusal()]);
    assert_eq!(first.matches("limit\\\":3").count(), 2, "{first}");
}
