//! Stopping, pausing, resuming and deleting executions.

use axum::http::StatusCode;
use axum::response::Response;
use durable_core::engine::EngineError;
use durable_core::model::{Clock, SystemClock};
use durable_core::service::Refused;
use durable_wire::{EpochSeconds, ErrorObject};
use serde::Deserialize;
use serde_json::json as object;

use super::{json, limited, read};
use crate::error::ApiError;
use crate::service::Service;

/// The longest reason for a pause.
const MAX_REASON: usize = 1024;

pub(super) async fn stop(service: &Service, arn: &str, body: &[u8]) -> Result<Response, ApiError> {
    let error: ErrorObject = read(body)?;
    let id = service.execution_id(arn).await?;
    let stopped = match service.engine.stop(id, error.into()).await {
        Ok(()) => SystemClock.now(),
        // Stopping what has ended changes nothing, and says when it ended.
        Err(EngineError::Refused(Refused::Ended)) => {
            service.engine.describe(id).await?.ended.unwrap_or_else(|| SystemClock.now())
        }
        Err(error) => return Err(error.into()),
    };
    Ok(json(StatusCode::OK, &object!({ "StopTimestamp": EpochSeconds::from(stopped) })))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pause {
    client_token: Option<String>,
    reason: Option<String>,
    execution_timeout_paused: Option<bool>,
}

pub(super) async fn pause(service: &Service, arn: &str, body: &[u8]) -> Result<Response, ApiError> {
    let Pause { client_token, reason, execution_timeout_paused } = read(body)?;
    let pauses_timeout = execution_timeout_paused.unwrap_or(true);
    limited("the reason", reason.as_deref(), MAX_REASON)?;
    limited("the client token", client_token.as_deref(), 64)?;
    let (id, token) = (service.execution_id(arn).await?, client_token.as_deref());
    let request = format!("{pauses_timeout} {reason:?}");
    if !service.remembered.is_repetition(id, "pause", token, &request)? {
        service.engine.pause(id, reason, pauses_timeout).await?;
        service.remembered.note(id, "pause", token, &request);
    }
    Ok(json(StatusCode::ACCEPTED, &object!({})))
}

pub(super) async fn resume(service: &Service, arn: &str, body: &[u8]) -> Result<Response, ApiError> {
    let Pause { client_token, reason, execution_timeout_paused: _ } = read(body)?;
    limited("the reason", reason.as_deref(), MAX_REASON)?;
    limited("the client token", client_token.as_deref(), 64)?;
    let (id, token) = (service.execution_id(arn).await?, client_token.as_deref());
    let request = format!("{reason:?}");
    if !service.remembered.is_repetition(id, "resume", token, &request)? {
        service.engine.resume(id, reason).await?;
        service.remembered.note(id, "resume", token, &request);
    }
    Ok(json(StatusCode::ACCEPTED, &object!({})))
}

pub(super) async fn delete(service: &Service, arn: &str) -> Result<Response, ApiError> {
    let id = service.execution_id(arn).await?;
    service.engine.delete(id).await?;
    let deleted = EpochSeconds::from(SystemClock.now());
    Ok(json(StatusCode::ACCEPTED, &object!({ "DeletionRequestTimestamp": deleted })))
}
