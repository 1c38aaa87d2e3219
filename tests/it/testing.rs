//! The testing kit, as its users see it.

mod bodies;
mod names;
mod replays;
mod scenarios;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use durable::prelude::*;
use durable::testing::{self, Answer, Phase, TestEngine, assert_deterministic, assert_replays};
use durable::{CallbackError, ErrorObject, InvokeError, RunError};
use futures_util::FutureExt;
use serde::{Deserialize, Serialize};

/// What a test that fails says.
async fn failure<T>(test: impl Future<Output = T>) -> String {
    let panic = match AssertUnwindSafe(test).catch_unwind().await {
        Ok(_) => panic!("the test did not fail"),
        Err(panic) => panic,
    };
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[durable]
async fn remind(of: String) -> String {
    sleep(days(365)).await;
    format!("remember {of}")
}

#[tokio::test]
async fn a_year_passes_at_once() {
    let run = TestEngine::new().run(remind("the milk".to_owned())).await;
    assert_eq!(run.output().unwrap(), "remember the milk");
    assert_eq!(run.duration(), days(365));
    assert_eq!(run.invocations(), 2);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Receipt {
    amount: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum PayError {
    #[error("declined")]
    Declined,
    #[error("nobody has signed")]
    NotSigned,
}

#[step(retry(max_attempts = 3, initial_delay = "10s", jitter = none))]
async fn charge(card: &str, amount: u32) -> Result<Receipt, PayError> {
    unreachable!("the bank is asked for {amount} from {card}")
}

#[durable]
async fn pay(card: String, amount: u32) -> Result<Receipt, PayError> {
    let receipt = charge(&card, amount).await?;
    let signature = wait_for_callback(async |_id| ()).timeout(hours(2)).await_callback::<String>();
    match signature {
        Ok(_) => Ok(receipt),
        Err(_) => Err(PayError::NotSigned),
    }
}

fn bank(_: String, amount: u32) -> Result<Receipt, PayError> {
    Ok(Receipt { amount })
}

fn payment() -> TestEngine {
    TestEngine::new().mock_step("charge", bank).on_callback("signature", |_| Answer::succeed("A. Turing"))
}

#[tokio::test]
async fn a_mock_gets_the_arguments() {
    let run = payment().run(pay("1234".to_owned(), 7)).await;
    assert_eq!(run.result().unwrap(), Receipt { amount: 7 });
    assert_eq!(run.step::<Receipt>("charge"), Receipt { amount: 7 });
    assert_eq!(run.step::<String>("signature"), "A. Turing");
    assert_eq!(run.attempts("charge"), 1);
}

#[tokio::test]
async fn outcomes_come_in_turn() {
    let outcomes = testing::in_turn([Err(PayError::Declined), Err(PayError::Declined), Ok(Receipt { amount: 1 })]);
    let run = payment().mock_step("charge", outcomes).run(pay("1234".to_owned(), 7)).await;
    assert_eq!(run.result().unwrap(), Receipt { amount: 1 });
    assert_eq!(run.attempts("charge"), 3);
    assert_eq!(run.duration(), seconds(10 + 20));
}

#[step(retry(max_attempts = 5, if = |error: &PayError| *error == PayError::Declined))]
async fn withdraw(amount: u32) -> Result<u32, PayError> {
    unreachable!("the bank is asked for {amount}")
}

#[durable]
async fn take(amount: u32) -> Result<u32, PayError> {
    withdraw(amount).await
}

#[tokio::test]
async fn what_a_mock_returns_is_tested_like_what_the_body_does() {
    let outcomes = testing::in_turn([Err(PayError::Declined), Err(PayError::NotSigned), Ok(1_u32)]);
    let run = TestEngine::new().mock_step("withdraw", outcomes).run(take(1)).await;
    assert!(matches!(run.result(), Err(RunError::Returned(PayError::NotSigned))));
    assert_eq!(run.attempts("withdraw"), 2);
}

#[tokio::test]
async fn a_typed_error_is_returned() {
    let run = payment().mock_step("charge", || Err::<Receipt, _>(PayError::Declined)).run(pay("1".to_owned(), 7)).await;
    assert!(matches!(run.result(), Err(RunError::Returned(PayError::Declined))));
    assert_eq!(run.step_error("charge").error_type.unwrap(), "PayError");
}

#[tokio::test]
async fn an_attempt_can_time_out_or_panic() {
    for mishap in [testing::times_out(), testing::panics()] {
        let run = payment().mock_step("charge", move || mishap.clone()).run(pay("1".to_owned(), 7)).await;
        assert!(matches!(run.result(), Err(RunError::Failed(_))));
        assert_eq!(run.attempts("charge"), 3);
    }
}

#[tokio::test]
async fn a_callback_can_fail_time_out_and_stay_alive() {
    let answers: [(fn() -> Answer, bool); 4] = [
        (|| Answer::fail(ErrorObject::new("Lost", "the pen")), false),
        (|| Answer::never(), false),
        (|| Answer::succeed("late").after(hours(3)), false),
        (|| Answer::heartbeat().then(Answer::succeed("at last").after(hours(1))), true),
    ];
    for (answer, signed) in answers {
        let test = TestEngine::new().mock_step("charge", bank).on_callback("signature", move |_| answer());
        let run = test.run(pay("1234".to_owned(), 7)).await;
        assert_eq!(run.result().is_ok(), signed);
    }
}

#[tokio::test]
async fn a_callback_that_nobody_completes_is_named() {
    #[durable]
    async fn approve() -> Result<String, CallbackError> {
        wait_for_callback(async |_id| ()).named("approval").await_callback::<String>()
    }
    let problem = failure(TestEngine::new().run(approve())).await;
    assert!(problem.contains("open callbacks: `approval`"), "{problem}");
    assert!(problem.contains(".on_callback(\"approval\""), "{problem}");
}

#[tokio::test]
async fn a_mock_of_no_step_is_refused() {
    let problem = failure(payment().mock_step("chrage", bank).run(pay("1".to_owned(), 1))).await;
    assert!(problem.contains("no step is called `chrage`"), "{problem}");
    assert!(problem.contains("`charge`"), "{problem}");
}

#[tokio::test]
async fn a_mock_that_takes_something_else_is_refused() {
    let problem = failure(payment().mock_step("charge", |_: u32| 1_u32).run(pay("1".to_owned(), 1))).await;
    assert!(problem.contains("takes 1 arguments, and the step has 2"), "{problem}");
    let problem = failure(payment().mock_step("charge", |_: u32, _: u32| 1_u32).run(pay("x".to_owned(), 1))).await;
    assert!(problem.contains("argument 1 is \"x\", which is no `u32`"), "{problem}");
    let run = payment().mock_step("charge", || 1_u32).run(pay("1".to_owned(), 1)).await;
    let Err(RunError::Failed(error)) = run.result() else { panic!("{run}") };
    assert!(error.is("MockMismatch"), "{error}");
}

#[durable]
async fn check(amount: u32) -> Result<String, InvokeError> {
    let checked = invoke::<String>("fraud_check", &amount).await?;
    Ok(checked)
}

#[durable]
async fn fraud_check(amount: u32) -> String {
    format!("{amount} was looked at")
}

#[tokio::test]
async fn an_invoked_function_runs_or_is_mocked() {
    let run = TestEngine::new().register(fraud_check).run(check(7)).await;
    assert_eq!(run.result().unwrap(), "7 was looked at");
    assert_eq!(run.invoked("fraud_check").len(), 1);

    let mock = |amount: u32| Ok::<_, String>(format!("{amount} is fine"));
    let run = TestEngine::new().register(fraud_check).mock_invoke("fraud_check", mock).run(check(7)).await;
    assert_eq!(run.result().unwrap(), "7 is fine");

    let mock = |_: u32| Err::<String, _>("nobody is there");
    let run = TestEngine::new().mock_invoke("fraud_check", mock).run(check(7)).await;
    assert!(run.result().is_err());
}

#[tokio::test]
async fn a_test_goes_on_by_hand() {
    let mut payment = TestEngine::new().mock_step("charge", bank).start(pay("1234".to_owned(), 7)).await;
    assert_eq!(payment.open_callbacks(), ["signature"]);
    payment.advance(hours(1)).await;
    payment.crash().await;
    assert!(!payment.has_ended());
    payment.heartbeat("signature").await;
    payment.succeed("signature", "G. Hopper").await;
    assert!(payment.has_ended());
    let run = payment.finish().await;
    assert_eq!(run.result().unwrap(), Receipt { amount: 7 });
    assert_eq!(run.duration(), hours(1));
}

#[tokio::test]
async fn a_test_lets_a_callback_time_out_by_hand() {
    let mut payment = TestEngine::new().mock_step("charge", bank).start(pay("1234".to_owned(), 7)).await;
    payment.advance(hours(2) - seconds(1)).await;
    assert!(!payment.has_ended());
    assert!(payment.advance_to_next().await);
    assert!(payment.has_ended());
    assert!(matches!(payment.finish().await.result(), Err(RunError::Returned(PayError::NotSigned))));
}

#[tokio::test]
async fn a_test_stops_an_execution() {
    let mut payment = TestEngine::new().mock_step("charge", bank).start(pay("1234".to_owned(), 7)).await;
    payment.stop(ErrorObject::new("Cancelled", "changed her mind")).await;
    assert!(matches!(payment.finish().await.result(), Err(RunError::Stopped(_))));
}

/// How often `charge` was attempted, and how often the function was invoked, with this fault.
async fn faulty(fault: impl FnOnce(TestEngine) -> TestEngine) -> (u32, usize) {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let bank = move |_: String, amount: u32| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok::<_, PayError>(Receipt { amount })
    };
    let run = fault(payment().mock_step("charge", bank)).run(pay("1234".to_owned(), 7)).await;
    assert_eq!(run.result().unwrap(), Receipt { amount: 7 });
    (asked.load(Ordering::Relaxed), run.invocations())
}

#[tokio::test]
async fn each_fault_comes_to_pass_once() {
    assert_eq!(faulty(|test| test).await, (1, 2));
    assert_eq!(faulty(|test| test.crash_at("charge", Phase::BeforeCommit)).await.0, 2);
    assert_eq!(faulty(|test| test.crash_at("charge", Phase::AfterCommit)).await, (1, 3));
    assert_eq!(faulty(|test| test.crash_at("signature", Phase::AfterStart)).await.0, 1);
    assert_eq!(faulty(|test| test.checkpoint_error("charge", Phase::BeforeCommit)).await.0, 2);
    assert_eq!(faulty(|test| test.checkpoint_error("charge", Phase::AfterCommit)).await.0, 1);
    assert_eq!(faulty(|test| test.fence_at("charge")).await.0, 2);
    assert_eq!(faulty(|test| test.time_out_at("charge")).await, (2, 3));
}

#[tokio::test]
async fn a_fault_that_never_comes_is_reported() {
    let problem = failure(payment().crash_at("refund", Phase::AfterCommit).run(pay("1".to_owned(), 1))).await;
    assert!(problem.contains("`crash_at(\"refund\", Phase::AfterCommit)` never came to pass"), "{problem}");
}

static CALLS: AtomicU32 = AtomicU32::new(0);

fn another_number() -> u32 {
    CALLS.fetch_add(1, Ordering::Relaxed)
}

#[step]
async fn note(number: u32) -> u32 {
    number
}

#[durable]
async fn unsteady_argument() -> u32 {
    let number = another_number();
    let noted = note(number).await;
    sleep(seconds(1)).await;
    noted
}

#[durable]
async fn unsteady_result() -> u32 {
    sleep(seconds(1)).await;
    another_number()
}

#[durable]
async fn unsteady_order() -> u32 {
    if another_number().is_multiple_of(2) {
        sleep(seconds(1)).named("even").await;
    } else {
        sleep(seconds(1)).named("odd").await;
    }
    1
}

#[tokio::test]
async fn code_that_differs_between_runs_is_found() {
    let problem = failure(TestEngine::new().run(unsteady_argument())).await;
    assert!(problem.contains("argument 1 of step `note` at tests/it/testing.rs"), "{problem}");
    let problem = failure(TestEngine::new().run(unsteady_result())).await;
    assert!(problem.contains("is not deterministic: ended with"), "{problem}");
    assert!(problem.contains("`unsteady_result` at tests/it/testing.rs:"), "{problem}");
    let problem = failure(TestEngine::new().run(unsteady_order())).await;
    assert!(problem.contains("but the code performs wait"), "{problem}");
}

/// The same for the runs of a test and for the replay at its end, and something else from then on.
fn steady_for_a_while() -> &'static str {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    if RUNS.fetch_add(1, Ordering::Relaxed) < 4 { "usual" } else { "other" }
}

#[durable]
async fn unsteady_next() -> u32 {
    let name = steady_for_a_while();
    sleep(seconds(1)).named("first").await;
    sleep(seconds(1)).named(name).await;
    1
}

#[tokio::test]
async fn both_sides_of_a_divergence_are_shown() {
    let problem = failure(assert_deterministic(async || TestEngine::new().run(unsteady_next()).await)).await;
    let both = "the run performed wait `usual`, and a replay performs wait `other` at tests/it/testing.rs:";
    assert!(problem.contains(both), "{problem}");
}

#[tokio::test]
async fn each_write_is_replayed() {
    let receipt = assert_deterministic(async || payment().run(pay("1234".to_owned(), 7)).await.result().unwrap()).await;
    assert_eq!(receipt, Receipt { amount: 7 });
}

#[tokio::test]
async fn a_history_is_a_line_for_each_event() {
    let outcomes = testing::in_turn([Err(PayError::Declined), Ok(Receipt { amount: 1 })]);
    let run = payment().mock_step("charge", outcomes).run(pay("1234".to_owned(), 7)).await;
    insta::assert_snapshot!(run.normalised());
}

#[tokio::test]
async fn a_saved_history_is_replayed_by_the_same_code_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pay.json");
    let run = payment().run(pay("1234".to_owned(), 7)).await;
    run.history().save(&file).unwrap();
    let files = format!("{}/*.json", folder.path().display());
    assert_replays(&files, pay);

    mod later {
        use super::*;

        #[durable(name = "pay")]
        pub(super) async fn pay_later(card: String, amount: u32) -> Result<Receipt, PayError> {
            sleep(days(1)).await;
            charge(&card, amount).await
        }
    }
    let problem = failure(async { assert_replays(&files, later::pay_later) }).await;
    assert!(problem.contains("is recorded as step `charge`, but the code performs wait"), "{problem}");
    let problem = failure(async { assert_replays("tests/no/*.json", pay) }).await;
    assert!(problem.contains("no file is called `tests/no/*.json`"), "{problem}");
}

#[tokio::test]
async fn a_history_that_has_not_ended_is_replayed_to_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::in_memory().register(remind).start().await.unwrap();
    let run = engine.start(remind("it".to_owned())).await.unwrap();
    while engine.history(run.id()).await.unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    let history = testing::History::export(&engine, run.id()).await.unwrap();
    history.save(folder.path().join("remind.json")).unwrap();
    assert_replays(&format!("{}/*.json", folder.path().display()), remind);
}

#[tokio::test]
async fn state_is_handed_in() {
    #[durable]
    async fn greet(State(name): State<String>) -> String {
        format!("hello {name}")
    }
    let run = TestEngine::new().state("Ada".to_owned()).run(greet()).await;
    assert_eq!(run.output().unwrap(), "hello Ada");
    let problem = failure(TestEngine::new().run(greet())).await;
    assert!(problem.contains("String"), "{problem}");
}
