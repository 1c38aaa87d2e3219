//! Which failures of a step are followed by another attempt, and when.

use std::time::Duration;

use durable::RunError;
use durable::prelude::*;
use serde::{Deserialize, Serialize};

use super::steps::Counter;
use crate::history::notation;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(super) enum ChargeError {
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

pub(super) fn is_busy(error: &ChargeError) -> bool {
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
