//! What ends an execution on Lambda: a service that refuses for good, and code that does not fit what is recorded.

use std::net::SocketAddr;
use std::path::Path;

use durable::model::ErrorObject;
use durable::{Engine, EventKind};
use durable_lambda_tests::{faults, service};
use reqwest::StatusCode;

use crate::rows::BOOTSTRAP;

/// The error that a function ends with which records at this address, or where it is served.
async fn error_of(function: &str, records_at: Option<SocketAddr>) -> ErrorObject {
    let (folder, address) = (tempfile::tempdir().unwrap(), service::free_port().unwrap());
    let process = service::function(Path::new(BOOTSTRAP), function, folder.path(), records_at.unwrap_or(address));
    let (engine, serving) = service::serve(Engine::in_memory(), address, [process]).await.unwrap();
    let execution = engine.start_json(function, "1").await.unwrap();
    execution.output().await.unwrap_err();
    let history = engine.history(execution.id()).await.unwrap();
    serving.shutdown().await;
    let end = history.into_iter().find_map(|event| match event.kind {
        EventKind::ExecutionFailed { error } => Some(error),
        _ => None,
    });
    end.unwrap()
}

#[tokio::test]
async fn a_key_that_is_disabled_ends_the_execution() {
    let refusing = faults::refusing(StatusCode::BAD_GATEWAY, "KMSDisabledException").await.unwrap();
    let error = error_of("heavy", Some(refusing)).await;
    assert_eq!(error.error_type.as_deref(), Some("CheckpointRefused"));
    let message = error.message.unwrap_or_default();
    assert!(message.contains("KMSDisabledException"), "{message}");
}

#[tokio::test]
async fn a_permission_that_is_missing_ends_the_execution() {
    let refusing = faults::refusing(StatusCode::FORBIDDEN, "AccessDeniedException").await.unwrap();
    let error = error_of("heavy", Some(refusing)).await;
    assert_eq!(error.error_type.as_deref(), Some("CheckpointRefused"));
}

#[tokio::test]
async fn code_that_does_not_fit_what_is_recorded_ends_the_execution_and_says_where() {
    let error = error_of("redeployed", None).await;
    let message = error.message.unwrap_or_default();
    assert!(message.contains("before") && message.contains("after"), "{message}");
    assert!(message.contains("handlers.rs:"), "{message}");
}
