//! Names of mocks and of callbacks that are wrong.

use durable::prelude::*;
use durable::testing::{Answer, TestEngine};
use durable::{CallbackError, InvokeError};

use super::{bank, check, failure, fraud_check, pay, payment};

#[step]
async fn one() -> u32 {
    1
}

#[durable]
async fn numbered(count: u32) -> u32 {
    let mut sum = 0;
    for number in 0..count {
        sum += one().named(format!("number {number}")).await;
    }
    sum
}

#[tokio::test]
async fn a_mock_beside_computed_names_is_looked_for_in_the_run() {
    let run = TestEngine::new().mock_step("number 1", || 5_u32).run(numbered(2)).await;
    assert_eq!(run.output().unwrap(), 6);
    let problem = failure(TestEngine::new().mock_step("nubmer 1", || 5_u32).run(numbered(2))).await;
    assert!(problem.contains("no step is called `nubmer 1`; the run performed: `number 0`, `number 1`"), "{problem}");
    // A run that does not come to it says nothing of its name.
    let test = TestEngine::new().mock_step("number 0", || 5_u32).mock_step("number 1", || 5_u32);
    assert_eq!(test.run(numbered(1)).await.output().unwrap(), 5);
}

#[step]
async fn weigh(grams: u32) -> u32 {
    unreachable!("{grams} g on no scales")
}

#[durable]
async fn inner(grams: u32) -> Result<u32, CallbackError> {
    let weight = weigh(grams).await;
    let checked = wait_for_callback(async |_id| ()).await_callback::<u32>()?;
    Ok(weight + checked)
}

#[durable]
async fn outer(grams: u32) -> Result<u32, CallbackError> {
    inner(grams).await
}

fn weighing() -> TestEngine {
    TestEngine::new().register(inner).mock_step("weigh", |grams: u32| grams)
}

#[tokio::test]
async fn steps_of_a_function_that_is_called_directly_are_mocked_when_it_is_registered() {
    let run = weighing().on_callback("checked", |_| Answer::succeed(&1)).run(outer(7)).await;
    assert_eq!(run.result().unwrap(), 8);
    let problem = failure(TestEngine::new().mock_step("weigh", |grams: u32| grams).run(outer(7))).await;
    assert!(problem.contains("no step is called `weigh`"), "{problem}");
    assert!(problem.contains("also if it is called directly"), "{problem}");
}

#[tokio::test]
async fn a_durable_function_that_is_called_directly_is_no_step() {
    let test = weighing().on_callback("checked", |_| Answer::succeed(&1)).mock_step("inner", || 1_u32);
    let problem = failure(test.run(outer(7))).await;
    assert!(problem.contains("`inner` is a durable function that is called directly, and no step"), "{problem}");
    assert!(problem.contains("`.register(inner)`"), "{problem}");
}

#[tokio::test]
async fn an_answer_to_no_callback_is_reported() {
    // It would only have timed out.
    let test = TestEngine::new().mock_step("charge", bank).on_callback("singature", |_| Answer::succeed(&1));
    let problem = failure(test.run(pay("1".to_owned(), 1))).await;
    assert!(problem.contains("no callback is called `singature`; there are: `signature`"), "{problem}");
    // Where nothing goes on for it, both are told.
    let test = weighing().on_callback("chekced", |_| Answer::succeed(&1));
    let problem = failure(test.run(outer(7))).await;
    assert!(problem.contains("open callbacks: `checked`"), "{problem}");
    assert!(problem.contains("no callback is called `chekced`; there are: `checked`"), "{problem}");
}

#[tokio::test]
async fn an_answer_to_a_callback_of_a_function_that_is_called_directly_is_known_by_the_run() {
    let test = || TestEngine::new().register(inner).mock_step("weigh", |grams: u32| grams);
    let run = test().on_callback("checked", |_| Answer::succeed(&1)).run(inner(7)).await;
    assert_eq!(run.result().unwrap(), 8);
    #[durable]
    async fn signed() -> Result<u32, CallbackError> {
        wait_for_callback(async |_id| ()).named("hidden").await_callback::<u32>()
    }
    #[durable]
    async fn asks(whom: bool) -> Result<u32, CallbackError> {
        if whom { signed().await } else { Ok(0) }
    }
    let test = || TestEngine::new().on_callback("hidden", |_| Answer::succeed(&1));
    assert_eq!(test().run(asks(true)).await.result().unwrap(), 1);
    assert_eq!(test().run(asks(false)).await.result().unwrap(), 0);
    let mut asking = test().on_callback("later", |_| Answer::never()).start(asks(true)).await;
    asking.succeed("hidden", &2).await;
    assert_eq!(asking.finish().await.result().unwrap(), 2);
}

#[tokio::test]
async fn a_mock_of_a_function_that_nothing_invokes_is_refused() {
    let mock = |amount: u32| Ok::<_, String>(format!("{amount} is fine"));
    let test = TestEngine::new().register(fraud_check).mock_invoke("fruad_check", mock);
    let problem = failure(test.run(check(7))).await;
    assert!(problem.contains("nothing invokes `fruad_check`; what is registered or invoked is: "), "{problem}");
    assert!(problem.contains("`check`, `fraud_check`"), "{problem}");
    let problem = failure(TestEngine::new().mock_invoke("fruad_check", mock).run(check(7))).await;
    assert!(problem.contains("nothing invokes `fruad_check`"), "{problem}");
}

#[tokio::test]
async fn what_a_test_is_set_up_with_may_be_more_than_it_needs() {
    let fine = |_: u32| Ok::<_, String>("fine".to_owned());
    let run = payment().mock_invoke("fraud_check", fine).on_callback("seal", |_| Answer::never());
    run.run(pay("1".to_owned(), 1)).await.result().unwrap();
}

#[tokio::test]
async fn a_mock_of_what_the_run_does_not_come_to_is_fine() {
    #[durable]
    async fn perhaps(asks: bool) -> Result<String, InvokeError> {
        if asks { invoke::<String>("fraud_check", &1).await } else { Ok("unasked".to_owned()) }
    }
    let mock = |amount: u32| Ok::<_, String>(format!("{amount} is fine"));
    for (asks, expected) in [(true, "1 is fine"), (false, "unasked")] {
        let run = TestEngine::new().mock_invoke("fraud_check", mock).run(perhaps(asks)).await;
        assert_eq!(run.result().unwrap(), expected);
    }
}
