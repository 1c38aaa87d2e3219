//! What ends an execution on Lambda: a service that refuses for good, and code that does not fit what is recorded.

use std::net::SocketAddr;

use durable::EventKind;
use durable::model::ErrorObject;
use durable_lambda_tests::faults;
use durable_server::FunctionProcess;
use reqwest::StatusCode;

use crate::limits::outcome;

/// The error that a function ends with.
async fn error_of(function: &str, differ: impl Fn(FunctionProcess) -> FunctionProcess) -> ErrorObject {
    let (result, history) = outcome(function, "1", differ).await;
    result.unwrap_err();
    let end = history.into_iter().find_map(|event| match event.kind {
        EventKind::ExecutionFailed { error } => Some(error),
        _ => None,
    });
    end.unwrap()
}

/// Functions that record at this address.
fn recording_at(address: SocketAddr) -> impl Fn(FunctionProcess) -> FunctionProcess {
    move |function| function.variable("AWS_ENDPOINT_URL_LAMBDA", format!("http://{address}"))
}

#[tokio::test]
async fn a_key_that_is_disabled_ends_the_execution() {
    let refusing = faults::refusing(StatusCode::BAD_GATEWAY, "KMSDisabledException").await.unwrap();
    let error = error_of("heavy", recording_at(refusing)).await;
    assert_eq!(error.error_type.as_deref(), Some("CheckpointRefused"));
    let message = error.message.unwrap_or_default();
    assert!(message.contains("KMSDisabledException"), "{message}");
}

#[tokio::test]
async fn a_permission_that_is_missing_ends_the_execution() {
    let refusing = faults::refusing(StatusCode::FORBIDDEN, "AccessDeniedException").await.unwrap();
    let error = error_of("heavy", recording_at(refusing)).await;
    assert_eq!(error.error_type.as_deref(), Some("CheckpointRefused"));
}

#[tokio::test]
async fn code_that_does_not_fit_what_is_recorded_ends_the_execution_and_says_where() {
    let error = error_of("redeployed", |function| function).await;
    let message = error.message.unwrap_or_default();
    assert!(message.contains("before") && message.contains("after"), "{message}");
    assert!(message.contains("handlers.rs:"), "{message}");
}
