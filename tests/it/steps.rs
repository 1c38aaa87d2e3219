//! Steps: recorded once, retried as told, with the types they have without durability.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use durable::prelude::*;
use durable::{EventKind, RunError};
use serde::{Deserialize, Serialize};

use crate::history::{names, notation};

#[derive(Debug, Clone, Default)]
struct Counter(Arc<AtomicU32>);

impl Counter {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum StockError {
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum ChargeError {
    #[error("the bank is busy")]
    Busy,
    #[error("declined")]
    Declined,
    #[error("{0}")]
    Unknown(String),
}

impl From<durable::StepInterrupted> for ChargeError {
    fn from(interrupted: durable::StepInterrupted) -> Self {
        Self::Unknown(interrupted.to_string())
    }
}

fn is_busy(error: &ChargeError) -> bool {
    *error == ChargeError::Busy
}

#[step(at_most_once, retry(linear, max_attempts = 3, if = is_busy))]
async fn charge(counter: Counter, decline: bool) -> Result<u32, ChargeError> {
    match (counter.next(), decline) {
        (1, false) => Err(ChargeError::Busy),
        (_, true) => Err(ChargeError::Declined),
        (n, _) => Ok(n * 10 + durable::attempt()),
    }
}

#[durable]
async fn charged(decline: bool, State(counter): State<Counter>) -> Result<u32, ChargeError> {
    charge(counter, decline).await
}

#[tokio::test]
async fn only_errors_that_pass_the_test_are_tried_again() {
    let engine = Engine::in_memory().register(charged).state(Counter::default()).start().await.unwrap();
    let busy = engine.start(charged(false)).await.unwrap();
    assert_eq!(busy.result().await.unwrap(), 22);
    assert_eq!(notation(&engine, busy.id()).await, "S0 S-~1#1 . S0 S+#2 . X+");

    let declined = engine.start(charged(true)).await.unwrap();
    assert!(matches!(declined.result().await, Err(RunError::Returned(ChargeError::Declined))));
    assert_eq!(notation(&engine, declined.id()).await, "S0 S-#1 . X-");
}

#[step(retry(resource_availability, max_attempts = 2, initial_delay = "1s", jitter = none))]
async fn scarce(counter: Counter) -> Result<u32, String> {
    Err(format!("none left, {}", counter.next()))
}

/// What history shows of the preset is how many attempts it has.
#[step(retry(exponential, initial_delay = "1s", backoff_rate = 1.0, jitter = none))]
async fn scarcer(counter: Counter) -> Result<u32, String> {
    scarce(counter).run().await
}

#[durable]
async fn waiting_for_more(State(counter): State<Counter>) -> Result<u32, String> {
    let _ = scarce(counter.clone()).await;
    scarcer(counter).await
}

#[tokio::test]
async fn presets_can_be_said_by_their_words_and_changed() {
    let engine = Engine::in_memory().register(waiting_for_more).state(Counter::default()).start().await.unwrap();
    let run = engine.start(waiting_for_more()).await.unwrap();
    assert!(matches!(run.result().await, Err(RunError::Returned(error)) if error == "none left, 5"));
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S-#2 S0 S-~1#1 . S0 S-~1#2 . S0 S-#3 . X-");
}

#[durable]
async fn by_type(State(counter): State<Counter>) -> Result<(u32, String), ChargeError> {
    #[step(retry(linear, max_attempts = 3, only = ["Timeout", "ChargeError"]))]
    let charged = busy_once(&counter).await?;
    #[step(retry(linear, max_attempts = 3, only = ["Timeout"]))]
    let refused = refused().await;
    Ok((charged, refused.unwrap_err()))
}

async fn busy_once(counter: &Counter) -> Result<u32, ChargeError> {
    if counter.next() == 1 { Err(ChargeError::Busy) } else { Ok(durable::attempt()) }
}

async fn refused() -> Result<(), String> {
    Err("refused".to_owned())
}

#[tokio::test]
async fn only_errors_of_the_named_types_are_tried_again() {
    let engine = Engine::in_memory().register(by_type).state(Counter::default()).start().await.unwrap();
    let run = engine.start(by_type()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), (2, "refused".to_owned()));
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S+#2 S0 S-#1 . X+");
}

async fn slow() -> Result<(), String> {
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    Ok(())
}

#[durable(retry(max_attempts = 2, initial_delay = "1s", jitter = none), timeout = "50ms")]
async fn hurried() -> Result<(), String> {
    #[step]
    slow().await
}

#[tokio::test]
async fn a_function_s_options_hold_for_its_steps() {
    let engine = Engine::in_memory().register(hurried).start().await.unwrap();
    let run = engine.start(hurried()).await.unwrap();
    let RunError::Failed(error) = run.result().await.unwrap_err() else { panic!("not failed") };
    assert!(error.is("StepTimeoutError"), "{error}");
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S-#2 . X-");
}

/// The function would let an attempt take an hour.
#[durable(retry(none), timeout = "1h")]
async fn hurried_by_itself() -> Result<(), String> {
    #[step(timeout = "50ms")]
    slow().await
}

#[tokio::test]
async fn a_step_s_timeout_comes_before_that_of_its_function() {
    let engine = Engine::in_memory().register(hurried_by_itself).start().await.unwrap();
    let run = engine.start(hurried_by_itself()).await.unwrap();
    let RunError::Failed(error) = run.result().await.unwrap_err() else { panic!("not failed") };
    assert!(error.text().contains("took longer than 50ms"), "{error}");
}

#[durable(retry(max_attempts = 2, initial_delay = "1s", jitter = none), timeout = "50ms")]
async fn others() -> (bool, bool, bool) {
    let submitted = wait_for_callback(async |_| slow().await).await_callback::<()>();
    let group = with_retry(async || {
        #[step(name = "fails", retry(none))]
        let failed = fails_at_once().await;
        failed
    });
    let group = group.retry(durable::Retry::NONE).named("group").await;
    let checked = wait_for_condition((), async |()| {
        // Longer than a step of this function may take.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    })
    .await;
    (submitted.is_err(), group.is_err(), checked.is_ok())
}

async fn fails_at_once() -> Result<(), String> {
    Err("no".to_owned())
}

#[tokio::test]
async fn a_function_s_options_hold_for_submitters_and_not_for_groups_and_conditions() {
    let engine = Engine::in_memory().register(others).start().await.unwrap();
    let run = engine.start(others()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), (true, true, true));
    let history = notation(&engine, run.id()).await;
    assert_eq!(history, "C0 K0 S0 S-~1#1 . S0 S-#2 C- C0 C0 S0 S-#1 C- C- S0 S+ . X+");
}

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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("busy: {0}")]
struct Busy(String);

async fn fails(counter: &Counter, why: &str) -> Result<u32, Busy> {
    counter.next();
    Err(Busy(why.to_owned()))
}

fn twice(_: &durable::ErrorObject, attempt: u32) -> Option<Duration> {
    (attempt < 2).then(|| Duration::from_millis(1500))
}

#[durable]
async fn chosen(State(counter): State<Counter>, why: String) -> Result<u32, Busy> {
    match why.as_str() {
        "tested" =>
        {
            #[step(name = "tested", retry(linear, max_attempts = 2, if = |busy: &Busy| busy.0 == "tested", only = ["Other"]))]
            fails(&counter, &why).await
        }
        "named" =>
        {
            #[step(name = "named", retry(linear, max_attempts = 2, if = |_: &Busy| false, only = ["Busy"]))]
            fails(&counter, &why).await
        }
        "said" =>
        {
            #[step(name = "said", retry(linear, max_attempts = 2, only = ["Other"], messages = ["sy: sa"]))]
            fails(&counter, &why).await
        }
        "decided" =>
        {
            #[step(name = "decided", retry(strategy = twice))]
            fails(&counter, &why).await
        }
        "grown" =>
        {
            #[step(name = "grown", retry(linear, max_attempts = 3, initial_delay = "1s", increment = "0s"))]
            fails(&counter, &why).await
        }
        _ =>
        {
            #[step(name = "other", retry(linear, max_attempts = 2, if = |_: &Busy| false, only = ["Other"], messages = ["other!"]))]
            fails(&counter, &why).await
        }
    }
}

#[tokio::test]
async fn one_reason_is_enough_for_another_attempt() {
    let counter = Counter::default();
    let engine = Engine::in_memory().register(chosen).state(counter.clone()).start().await.unwrap();
    for (why, history) in [
        ("tested", "S0 S-~1#1 . S0 S-#2 . X-"),
        ("named", "S0 S-~1#1 . S0 S-#2 . X-"),
        ("said", "S0 S-~1#1 . S0 S-#2 . X-"),
        ("decided", "S0 S-~2#1 . S0 S-#2 . X-"),
        ("grown", "S0 S-~1#1 . S0 S-~1#2 . S0 S-#3 . X-"),
        ("nothing", "S0 S-#1 . X-"),
    ] {
        let run = engine.start(chosen(why.to_owned())).await.unwrap();
        run.result().await.unwrap_err();
        assert_eq!(notation(&engine, run.id()).await, history, "{why}");
    }
}

fn in_a_year_and_more(_: &durable::ErrorObject, _: u32) -> Option<Duration> {
    Some(days(367))
}

#[durable]
async fn too_patient(what: String, State(counter): State<Counter>) -> bool {
    let retry = durable::Retry::DEFAULT.strategy(in_a_year_and_more);
    match what.as_str() {
        "step" =>
        {
            #[step(retry(strategy = in_a_year_and_more))]
            fails(&counter, "step").await.is_ok()
        }
        "group" => {
            let group = with_retry(async || {
                #[step(retry(none))]
                fails(&counter, "group").await
            });
            group.retry(retry).await.is_ok()
        }
        "condition" => wait_for_condition((), async |()| ()).until(|()| false).checks(retry).await.is_ok(),
        _ => {
            let never = wait_for_condition((), async |()| ()).until(|()| false);
            never.checks_by(|(), _| Some(days(367))).await.is_ok()
        }
    }
}

#[tokio::test]
async fn a_delay_that_history_can_t_hold_fails_the_execution_and_is_not_cut() {
    let engine = Engine::in_memory().register(too_patient).state(Counter::default()).start().await.unwrap();
    for (what, history) in [("step", ". X-"), ("group", "C0 C0 S0 S-#1 C- . X-"), ("condition", ". X-"), ("by", ". X-")]
    {
        let run = engine.start(too_patient(what.to_owned())).await.unwrap();
        let RunError::Failed(error) = run.output().await.unwrap_err() else { panic!("not failed") };
        assert!(error.is("ValidationError"), "{what}: {error}");
        assert!(error.text().starts_with("the delay after attempt 1 of "), "{what}: {error}");
        assert!(error.text().contains("31708800 seconds are more than the 31622400"), "{what}: {error}");
        let recorded = notation(&engine, run.id()).await;
        assert_eq!(recorded, history, "{what}");
    }
}

#[durable(retry(max_attempts = 1))]
async fn overridden(State(counter): State<Counter>) -> Result<u32, Busy> {
    #[step(retry(linear, max_attempts = 2))]
    let _ = fails(&counter, "own").await;
    #[step(name = "default")]
    fails(&counter, "default").await
}

#[tokio::test]
async fn a_step_s_options_come_before_those_of_its_function() {
    let engine = Engine::in_memory().register(overridden).state(Counter::default()).start().await.unwrap();
    let run = engine.start(overridden()).await.unwrap();
    run.result().await.unwrap_err();
    assert_eq!(notation(&engine, run.id()).await, "S0 S-~1#1 . S0 S-#2 S0 S-#1 . X-");
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
