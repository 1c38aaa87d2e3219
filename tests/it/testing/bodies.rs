//! Mocks of bodies that belong to no step of their own: submitters of callbacks and checks of conditions.

use durable::prelude::*;
use durable::testing::{self, Answer, TestEngine};
use durable::{CallbackError, ConditionError, ErrorObject, Retry, wait_for_condition};

async fn ask(id: CallbackId) -> Result<u32, String> {
    unreachable!("there is nobody to give {id} to")
}

#[durable]
async fn approve() -> Result<bool, CallbackError> {
    let approval = wait_for_callback(async |id| ask(id).await).retry(Retry::FIXED.max_attempts(2));
    approval.named("approval").await_callback::<bool>()
}

fn approving() -> TestEngine {
    TestEngine::new().on_callback("approval", |_| Answer::succeed(&true))
}

#[tokio::test]
async fn a_submitter_is_mocked() {
    let run = approving().mock_step("approval", || ()).run(approve()).await;
    assert!(run.result().unwrap());

    // It gets what the submitter gets, and fails as it does.
    let mut asked = Vec::new();
    let mock = move |id: CallbackId| {
        asked.push(id);
        if asked.len() == 1 { Err("nobody is in".to_owned()) } else { Ok(()) }
    };
    let run = approving().mock_step("approval", mock).run(approve()).await;
    assert!(run.result().unwrap());
    assert_eq!(run.attempts("approval"), 2);

    let run = approving().mock_step("approval", || Err::<(), _>("nobody is in".to_owned())).run(approve()).await;
    let Err(durable::RunError::Returned(CallbackError::Submitter(error))) = run.result() else { panic!("{run}") };
    assert_eq!(error.text(), "nobody is in");

    let run = approving().mock_step("approval", testing::times_out).run(approve()).await;
    assert!(run.result().is_err());
}

#[tokio::test]
async fn a_submitter_that_gives_something_else_is_refused() {
    let run = approving().mock_step("approval", || 1_u32).run(approve()).await;
    let Err(durable::RunError::Returned(CallbackError::Submitter(error))) = run.result() else { panic!("{run}") };
    assert!(error.is("MockMismatch"), "{error}");
    assert_eq!(run.attempts("approval"), 1);
}

async fn look(seen: u32) -> Result<u32, String> {
    unreachable!("there is nothing to look at after {seen}")
}

#[durable]
async fn until_ready() -> Result<u32, ConditionError> {
    let ready = wait_for_condition(0, async |seen| look(seen).await).until(|seen| *seen >= 3);
    ready.checks(Retry::FIXED.initial_delay_ms(60_000)).named("ready").await
}

#[tokio::test]
async fn a_check_is_mocked() {
    let run = TestEngine::new().mock_step("ready", |seen: u32| Ok::<_, String>(seen + 1)).run(until_ready()).await;
    assert_eq!(run.result().unwrap(), 3);
    assert_eq!((run.attempts("ready"), run.duration()), (3, minutes(2)));

    let outcomes = testing::in_turn([Ok(1_u32), Err("it is gone".to_owned())]);
    let run = TestEngine::new().mock_step("ready", outcomes).run(until_ready()).await;
    let expected = ConditionError::Check(ErrorObject::new("String", "it is gone"));
    let Err(durable::RunError::Returned(error)) = run.result() else { panic!("{run}") };
    assert_eq!(error.to_string(), expected.to_string());

    let run = TestEngine::new().mock_step("ready", || "soon").run(until_ready()).await;
    let Err(durable::RunError::Returned(ConditionError::Check(error))) = run.result() else { panic!("{run}") };
    assert!(error.is("MockMismatch"), "{error}");
}
