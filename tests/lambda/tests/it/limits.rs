//! The limits of Lambda: an invocation's time, the sizes of answers, of checkpoints and of what an invocation is given.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use durable::{Engine, Event, EventKind, RunError};
use durable_lambda_tests::service;
use durable_server::FunctionProcess;

use crate::rows::BOOTSTRAP;

/// Runs one function to its end; its result and its history.
async fn run(function: &str, input: &str, differ: impl Fn(FunctionProcess) -> FunctionProcess) -> (String, Vec<Event>) {
    let (result, history) = outcome(function, input, differ).await;
    (result.unwrap(), history)
}

/// Runs one function to its end, whatever that is.
pub(crate) async fn outcome(
    function: &str,
    input: &str,
    differ: impl Fn(FunctionProcess) -> FunctionProcess,
) -> (Result<String, RunError>, Vec<Event>) {
    outcome_at(service::free_port().unwrap(), function, input, differ).await
}

/// The same with the service at this address.
pub(crate) async fn outcome_at(
    address: SocketAddr,
    function: &str,
    input: &str,
    differ: impl Fn(FunctionProcess) -> FunctionProcess,
) -> (Result<String, RunError>, Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let process = differ(service::function(Path::new(BOOTSTRAP), function, folder.path(), address));
    let (engine, serving) = service::serve(Engine::in_memory(), address, [process]).await.unwrap();
    let execution = engine.start_json(function, input).await.unwrap();
    let result = execution.output().await;
    let history = engine.history(execution.id()).await.unwrap();
    serving.shutdown().await;
    (result, history)
}

/// The errors of invocations that ended with one.
fn errors(history: &[Event]) -> Vec<&'static str> {
    let error = |event: &'_ Event| match &event.kind {
        EventKind::InvocationCompleted { error: Some(error), .. } => Some(error.clone()),
        _ => None,
    };
    let errors: Vec<_> = history.iter().filter_map(error).collect();
    errors.iter().map(|error| if error.is("OutOfTime") { "OutOfTime" } else { "another" }).collect()
}

#[tokio::test]
async fn an_invocation_ends_in_time_between_two_steps() {
    let short = |function: FunctionProcess| {
        let short = function.invocation_timeout(Duration::from_secs(4));
        short.backoff(Duration::from_millis(10), Duration::from_millis(10))
    };
    let (result, history) = run("slow_steps", "10", short).await;
    assert_eq!(result, "[1,1,1,1,1,1,1,1,1,1]", "each step ran once");
    let errors = errors(&history);
    assert!(!errors.is_empty() && errors.iter().all(|error| *error == "OutOfTime"), "{errors:?}");
}

#[tokio::test]
async fn a_result_that_is_no_answer_is_recorded() {
    let bytes = 6 * 1024 * 1024 - 100;
    let (result, history) = run("large_result", &bytes.to_string(), |function| function).await;
    assert_eq!(result.len(), bytes + 2);
    assert_eq!(errors(&history), [""; 0]);
}

#[tokio::test]
async fn more_updates_than_one_checkpoint_takes_are_recorded() {
    let (result, history) = run("wide", "400", |function| function).await;
    assert_eq!(result, (0..400).map(|number| number * 2).sum::<u32>().to_string());
    let steps = history.iter().filter(|event| matches!(event.kind, EventKind::StepSucceeded { .. })).count();
    assert_eq!(steps, 400);
}

#[tokio::test]
async fn a_timer_that_is_over_while_a_step_runs_is_noticed() {
    let (_, history) = run("long_and_short", "1", |function| function).await;
    let ends = history.iter().filter(|event| matches!(event.kind, EventKind::StepSucceeded { .. }));
    let names: Vec<_> =
        ends.filter_map(|event| event.operation.as_ref()?.name.as_ref()).map(|it| it.as_str()).collect();
    assert_eq!(names, ["after-the-timer", "long"]);
    let invocations = history.iter().filter(|event| matches!(event.kind, EventKind::InvocationCompleted { .. }));
    assert_eq!(invocations.count(), 1, "nothing was suspended");
}

#[tokio::test]
async fn more_than_one_page_of_state_is_read() {
    let (result, _) = run("heavy", "7", |function| function).await;
    assert_eq!(result, "7000000");
}

#[tokio::test]
async fn an_invoke_with_a_timeout_is_refused() {
    let (result, history) = outcome("timed_invoke", "1", |function| function).await;
    let error = result.unwrap_err().to_string();
    assert!(error.contains("the timeout of invoke `large_result`"), "{error}");
    assert!(error.contains("help: ") && error.contains("`ExecutionTimeout`"), "{error}");
    let invoked = history.iter().any(|event| matches!(event.kind, EventKind::ChainedInvokeStarted { .. }));
    assert!(!invoked, "{history:?}");
}
