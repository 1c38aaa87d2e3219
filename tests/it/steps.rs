//! Steps: recorded once, retried as told, with the types they have without durability.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use durable::prelude::*;
use durable::{EventKind, RunError};
use serde::{Deserialize, Serialize};

use crate::history::{names, notation};

/// Counts how often code has run.
#[derive(Debug, Clone, Default)]
pub(super) struct Counter(Arc<AtomicU32>);

impl Counter {
    pub(super) fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(super) enum StockError {
    #[error("only {left} left")]
    SoldOut { left: u32 },
}

#[step]
async fn price(order: &Order, each: u32) -> u32 {
    order.count * each
}

#[step(retry(max_attempts = 3, initial_delay = "1s", jitter = none))]
async fn flaky(counter: Counter, good: u32) -> Result<u32, String> {
    match counter.next() {
        n if n >= good => Ok(n),
        n => Err(format!("attempt {n}")),
    }
}

async fn label(order: &Order) -> String {
    format!("{} × {}", order.count, order.item)
}

#[durable]
async fn quote(order: Order) -> String {
    let price = price(&order, 3).await;
    #[step]
    let label = label(&order).await;
    format!("{label}: {price}")
}

fn answer() -> u32 {
    40
}

async fn later() -> u32 {
    2
}

/// Clippy must not call a closure redundant that nobody wrote.
#[durable]
async fn without_arguments() -> u32 {
    #[step]
    let answer = answer();
    #[step]
    let later = later().await;
    answer + later
}

#[tokio::test]
async fn steps_need_no_arguments() {
    let engine = Engine::in_memory().register(without_arguments).start().await.unwrap();
    assert_eq!(engine.start(without_arguments()).await.unwrap().output().await.unwrap(), 42);
}

#[tokio::test]
async fn results_are_those_of_the_code() {
    let engine = Engine::in_memory().register(quote).start().await.unwrap();
    let run = engine.start(quote(Order { item: "tea".into(), count: 2 })).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "2 × tea: 6");
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ S0 S+ . X+");
    assert_eq!(names(&engine, run.id()).await, ["S0 price", "S+ price", "S0 label", "S+ label"]);
}

#[durable]
async fn patient(State(counter): State<Counter>) -> Result<u32, String> {
    flaky(counter, 2).await
}

#[durable]
async fn impatient(State(counter): State<Counter>) -> Result<u32, String> {
    flaky(counter, 99).await
}

#[tokio::test]
async fn a_failed_attempt_is_repeated() {
    let engine = Engine::in_memory().register(patient).state(Counter::default()).start().await.unwrap();
    let run = engine.start(patient()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 2);
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S+#2 . X+");
}

#[tokio::test]
async fn the_last_failure_is_the_step_s_error() {
    let counter = Counter::default();
    let engine = Engine::in_memory().register(impatient).state(counter.clone()).start().await.unwrap();
    let run = engine.start(impatient()).await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(&error, RunError::Returned(message) if message == "attempt 3"), "{error:?}");
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S-~2#2 . S0 S-#3 . X-");
    assert_eq!(counter.get(), 3);
}

async fn reserve(order: Order) -> Result<u32, StockError> {
    Err(StockError::SoldOut { left: order.count })
}

async fn notify(order: &Order) -> anyhow::Result<()> {
    Err(anyhow::anyhow!("no address").context(format!("can't notify about {}", order.item)))
}

#[durable]
async fn typed_errors(order: Order) -> Result<u32, StockError> {
    #[step(retry(max_attempts = 1))]
    let reserved = reserve(order).await;
    match reserved {
        Ok(n) => Ok(n),
        Err(StockError::SoldOut { left: 0 }) => Ok(0),
        // The argument was cloned for the step, so it is still here.
        Err(error) => Err(error),
    }
}

#[durable]
async fn opaque_errors(order: Order) -> anyhow::Result<String> {
    #[step(retry(max_attempts = 1))]
    let told = notify(&order).await;
    let text = format!("{:#}", told.unwrap_err());
    sleep(seconds(1)).await;
    Ok(text)
}

#[tokio::test]
async fn a_typed_error_is_returned_as_itself() {
    let engine = Engine::in_memory().register(typed_errors).start().await.unwrap();
    let run = engine.start(typed_errors(Order { item: "tea".into(), count: 5 })).await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Returned(StockError::SoldOut { left: 5 })));
    let history = engine.history(run.id()).await.unwrap();
    let recorded = history.iter().find_map(|event| match &event.kind {
        EventKind::StepFailed { error, .. } => Some(error.clone()),
        _ => None,
    });
    let recorded = recorded.unwrap();
    assert_eq!(recorded.error_type.as_deref(), Some("StockError"));
    assert_eq!(recorded.message.as_deref(), Some("only 5 left"));
}

#[tokio::test]
async fn an_opaque_error_keeps_its_text_over_a_replay() {
    let engine = Engine::in_memory().register(opaque_errors).resident(0).start().await.unwrap();
    let run = engine.start(opaque_errors(Order { item: "tea".into(), count: 5 })).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "can't notify about tea: no address");
    assert_eq!(engine.metrics().replays, 1);
    assert_eq!(notation(&engine, run.id()).await, "S0 S-#1 W0 . W+ . X+");
}

#[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
async fn broken() -> u32 {
    panic!("out of paper")
}

#[durable]
async fn panics() -> u32 {
    broken().await
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt_and_then_the_execution_s_error() {
    let engine = Engine::in_memory().register(panics).start().await.unwrap();
    let run = engine.start(panics()).await.unwrap();
    let error = run.output().await.unwrap_err();
    let RunError::Failed(error) = error else { panic!("{error:?}") };
    assert!(error.is("StepPanicked"));
    assert!(error.message.unwrap().contains("step `broken` at tests/it/steps.rs"));
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S-#2 . X-");
}

#[durable]
async fn both(order: Order) -> (u32, String) {
    let (sum, (first, second)) = join((price(&order, 2), async {
        let first = price(&order, 3).await;
        #[step]
        let second = label(&order).await;
        (first, second)
    }))
    .await;
    (sum + first, second)
}

#[tokio::test]
async fn joined_operations_run_in_contexts_of_their_own() {
    let engine = Engine::in_memory().register(both).start().await.unwrap();
    let run = engine.start(both(Order { item: "tea".into(), count: 1 })).await.unwrap();
    assert_eq!(run.output().await.unwrap(), (5, "1 × tea".to_owned()));
    let mut notation: Vec<_> = notation(&engine, run.id()).await.split(' ').map(str::to_owned).collect();
    notation.sort();
    assert_eq!(notation, [".", "C+", "C0", "S+", "S+", "S+", "S0", "S0", "S0", "X+"]);
}

#[durable]
async fn inner(count: u32) -> Result<u32, StockError> {
    #[step]
    let doubled = async_double(count).await;
    if doubled > 10 { Err(StockError::SoldOut { left: doubled }) } else { Ok(doubled) }
}

async fn async_double(count: u32) -> u32 {
    count * 2
}

#[durable]
async fn outer(count: u32) -> Result<u32, StockError> {
    let once = inner(count).await?;
    let twice = inner(once).named("again").await?;
    sleep(seconds(1)).await;
    Ok(twice)
}

#[tokio::test]
async fn a_durable_function_called_from_another_is_a_child_context() {
    let engine = Engine::in_memory().register(outer).resident(0).start().await.unwrap();
    let run = engine.start(outer(2)).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 8);
    assert_eq!(notation(&engine, run.id()).await, "C0 S0 S+ C+ C0 S0 S+ C+ W0 . W+ . X+");

    let failed = engine.start(outer(4)).await.unwrap();
    assert!(matches!(failed.result().await, Err(RunError::Returned(StockError::SoldOut { left: 16 }))));
    assert_eq!(notation(&engine, failed.id()).await, "C0 S0 S+ C+ C0 S0 S+ C- . X-");
}

#[tokio::test]
async fn a_step_definition_runs_by_itself() {
    assert_eq!(price(&Order { item: "tea".into(), count: 2 }, 4).run().await, 8);
}

#[step(key = order.item)]
async fn pack(order: &Order) -> u32 {
    order.count
}

#[durable]
async fn keyed(orders: Vec<Order>) -> u32 {
    let mut total = 0;
    for order in orders {
        total += pack(&order).await;
        #[step(key = &order.item)]
        let label = label(&order).await;
        price(&order, 1).key(&order.item).await;
        total += label.len() as u32;
    }
    total
}

/// The ids of the operations with this name.
async fn ids(engine: &Engine, id: durable::ExecutionId, name: &str) -> Vec<String> {
    let history = engine.history(id).await.unwrap();
    let started = history.iter().filter(|event| matches!(event.kind, EventKind::StepStarted));
    let operations = started.filter_map(|event| event.operation.as_ref());
    let named = operations.filter(|operation| operation.name.as_ref().is_some_and(|found| found.as_str() == name));
    named.map(|operation| operation.id.to_string()).collect()
}

#[tokio::test]
async fn a_key_is_part_of_an_operation_s_id() {
    let engine = Engine::in_memory().register(keyed).start().await.unwrap();
    let order = |item: &str| Order { item: item.into(), count: 1 };
    let first = engine.start(keyed(vec![order("tea"), order("milk")])).await.unwrap();
    let second = engine.start(keyed(vec![order("milk"), order("tea")])).await.unwrap();
    assert_eq!(first.output().await.unwrap(), second.output().await.unwrap());
    for name in ["pack", "label", "price"] {
        let mut turned = ids(&engine, second.id(), name).await;
        turned.reverse();
        assert_eq!(ids(&engine, first.id(), name).await, turned, "{name}");
        assert_ne!(turned[0], turned[1]);
    }
}
