//! Attempts that end from outside: interrupted, by a panic, or because they take too long.

use std::sync::Arc;
use std::time::Duration;

use durable::RunError;
use durable::prelude::*;
use serde::{Deserialize, Serialize};

use super::retries::{ChargeError, is_busy};
use super::steps::{Counter, StockError};
use crate::history::notation;

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum ShipError {
    #[error("no such address")]
    Address,
    #[error("{0}")]
    Ended(durable::ErrorObject),
}

impl From<durable::Error> for ShipError {
    fn from(error: durable::Error) -> Self {
        assert_ne!(error.is_timeout(), error.is_panic());
        Self::Ended(error.recorded().clone())
    }
}

async fn ship(how: &str) -> Result<u32, ShipError> {
    match how {
        "slow" => tokio::time::sleep(std::time::Duration::from_secs(60)).await,
        "panic" => panic!("the truck is gone"),
        "nowhere" => return Err(ShipError::Address),
        _ => {}
    }
    Ok(1)
}

/// How the shipment ended, on a line and in a definition.
#[durable]
async fn shipment(how: String) -> [Result<u32, ShipError>; 2] {
    #[step(retry(none), timeout = "50ms")]
    let shipped = ship(&how).await;
    let at_once = ship_at_once(how).await;
    sleep(seconds(1)).await;
    [shipped, at_once]
}

#[step(name = "ship", retry(none), timeout = "50ms")]
async fn ship_at_once(how: String) -> Result<u32, ShipError> {
    ship(&how).await
}

#[tokio::test]
async fn an_error_type_can_have_a_place_for_every_end_of_a_step() {
    let engine = Engine::in_memory().register(shipment).resident(0).start().await.unwrap();
    let ends = async |how: &str| engine.start(shipment(how.to_owned())).await.unwrap().output().await.unwrap();
    let (well, nowhere, slow, panicked) = tokio::join!(ends("well"), ends("nowhere"), ends("slow"), ends("panic"));
    assert_eq!((well, nowhere), ([Ok(1), Ok(1)], [Err(ShipError::Address), Err(ShipError::Address)]));
    let ended = |ends: [Result<u32, ShipError>; 2], error_type: &str, text: &str| {
        ends.iter().all(
            |end| matches!(end, Err(ShipError::Ended(error)) if error.is(error_type) && error.text().contains(text)),
        )
    };
    assert!(ended(slow, "StepTimeoutError", "took longer than 50ms"));
    assert!(ended(panicked, "StepPanicked", "the truck is gone"));
}

#[step(at_most_once, retry(fixed, initial_delay = "1s"))]
async fn once(counter: Counter) -> Result<u32, ChargeError> {
    if counter.next() == 1 {
        std::future::pending::<()>().await;
    }
    Ok(durable::attempt())
}

#[durable]
async fn careful(State(counter): State<Counter>) -> Result<u32, ChargeError> {
    once(counter).await
}

#[step(at_most_once, retry(none))]
async fn never_again(counter: Counter) -> Result<u32, ChargeError> {
    once(counter).run().await
}

#[durable]
async fn very_careful(State(counter): State<Counter>) -> Result<u32, ChargeError> {
    never_again(counter).await
}

#[tokio::test]
async fn an_interrupted_at_most_once_attempt_has_failed() {
    let store: Arc<dyn durable::store::Store> = Arc::new(durable::store::MemoryStore::new().unwrap());
    let counters = [Counter::default(), Counter::default()];
    let start = async |state: usize| {
        let engine = Engine::on_store(Arc::clone(&store)).register(careful).register(very_careful);
        engine.state(counters[state].clone()).start().await.unwrap()
    };
    let engine = start(0).await;
    let retried = engine.start(careful()).name("a").await.unwrap().id();
    while counters[0].get() == 0 {
        tokio::task::yield_now().await;
    }
    engine.shutdown_within(Duration::ZERO).await;
    let engine = start(0).await;
    assert_eq!(engine.start(careful()).name("a").await.unwrap().result().await.unwrap(), 2);
    assert_eq!(notation(&engine, retried).await, "S0 .! S-~1#1 . S0 S+#2 . X+");
    engine.shutdown().await;

    let engine = start(1).await;
    engine.start(very_careful()).name("b").await.unwrap();
    while counters[1].get() == 0 {
        tokio::task::yield_now().await;
    }
    engine.shutdown_within(Duration::ZERO).await;
    let engine = start(1).await;
    let given_up = engine.start(very_careful()).name("b").await.unwrap();
    let error = given_up.result().await.unwrap_err();
    assert!(
        matches!(&error, RunError::Returned(ChargeError::Unknown(text)) if text.contains("attempt 1 was interrupted"))
    );
    assert_eq!(notation(&engine, given_up.id()).await, "S0 .! S-#1 . X-");
}

/// Repeats what the bank is too busy for, and what is interrupted when told.
async fn bank(counter: &Counter) -> Result<u32, ChargeError> {
    if counter.next() == 1 {
        std::future::pending::<()>().await;
    }
    Ok(durable::attempt())
}

fn is_unknown(error: &ChargeError) -> bool {
    matches!(error, ChargeError::Unknown(_))
}

#[durable]
async fn tested(how: String, State(counter): State<Counter>) -> Result<u32, ChargeError> {
    match how.as_str() {
        "refused" =>
        {
            #[step(name = "refused", at_most_once, retry(linear, if = is_busy))]
            bank(&counter).await
        }
        "passed" =>
        {
            #[step(name = "passed", at_most_once, retry(linear, if = is_unknown))]
            bank(&counter).await
        }
        _ =>
        {
            #[step(name = "named", at_most_once, retry(linear, if = is_busy, only = ["StepInterruptedError"]))]
            bank(&counter).await
        }
    }
}

#[tokio::test]
async fn an_interrupted_attempt_is_repeated_only_if_its_error_passes_the_test() {
    for (how, history) in [
        ("refused", "S0 .! S-#1 . X-"),
        ("passed", "S0 .! S-~1#1 . S0 S+#2 . X+"),
        ("named", "S0 .! S-~1#1 . S0 S+#2 . X+"),
    ] {
        let store: Arc<dyn durable::store::Store> = Arc::new(durable::store::MemoryStore::new().unwrap());
        let counter = Counter::default();
        let start = async || {
            let engine = Engine::on_store(Arc::clone(&store)).register(tested).state(counter.clone());
            engine.start().await.unwrap()
        };
        let engine = start().await;
        let id = engine.start(tested(how.to_owned())).name("a").await.unwrap().id();
        while counter.get() == 0 {
            tokio::task::yield_now().await;
        }
        engine.shutdown_within(Duration::ZERO).await;
        let engine = start().await;
        let ended = engine.start(tested(how.to_owned())).name("a").await.unwrap().result().await;
        assert_eq!(notation(&engine, id).await, history, "{how}: {ended:?}");
        assert_eq!(ended.is_ok(), counter.get() == 2, "{how}");
    }
}

#[step(retry(linear, max_attempts = 2, if = |error: &ShipError| matches!(error, ShipError::Ended(_))), timeout = "50ms")]
async fn ship_again(how: String) -> Result<u32, ShipError> {
    ship(&how).await
}

#[step(retry(linear, max_attempts = 2, if = |_: &StockError| true), timeout = "50ms")]
async fn stock(how: String) -> Result<u32, StockError> {
    ship(&how).await.map_err(|_| StockError::SoldOut { left: 0 })
}

#[durable]
async fn ended_from_outside(how: String, has_a_place: bool) -> Option<u32> {
    match has_a_place {
        true => ship_again(how).await.ok(),
        false => stock(how).await.ok(),
    }
}

#[tokio::test]
async fn a_panic_and_a_timeout_are_tested_by_the_error_that_the_type_has_for_them() {
    let engine = Engine::in_memory().register(ended_from_outside).start().await.unwrap();
    for how in ["slow", "panic"] {
        for (has_a_place, history) in [(true, "S0 S-~1#1 . S0 S-#2 . X+"), (false, "S0 S-#1 . X-")] {
            let run = engine.start(ended_from_outside(how.to_owned(), has_a_place)).await.unwrap();
            let ended = run.output().await;
            assert_eq!(notation(&engine, run.id()).await, history, "{how}: {ended:?}");
        }
    }
}

/// Called as history calls an interruption.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct StepInterruptedError(u32);

impl From<durable::StepInterrupted> for StepInterruptedError {
    fn from(_: durable::StepInterrupted) -> Self {
        Self(0)
    }
}

#[durable]
async fn namesake() -> Result<(), StepInterruptedError> {
    #[step(at_most_once, retry(none))]
    fails_with_namesake().await
}

async fn fails_with_namesake() -> Result<(), StepInterruptedError> {
    Err(StepInterruptedError(7))
}

#[tokio::test]
async fn an_error_that_is_called_like_an_interruption_stays_itself() {
    let engine = Engine::in_memory().register(namesake).start().await.unwrap();
    let error = engine.start(namesake()).await.unwrap().output().await.unwrap().unwrap_err();
    assert_eq!(error, StepInterruptedError(7));
}
