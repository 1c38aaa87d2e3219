//! Completing callbacks from outside.

use axum::http::StatusCode;
use axum::response::Response;
use durable_core::model::CallbackId;
use durable_wire::ErrorObject;
use serde_json::json as object;

use super::{json, read};
use crate::error::ApiError;
use crate::service::{Service, callback_error};

/// The most bytes of a callback's result.
const MOST: usize = 1024 * 1024;
/// The longest id.
const MAX_ID: usize = 1024;

pub(super) async fn succeed(service: &Service, id: &str, body: &[u8]) -> Result<Response, ApiError> {
    let id = callback_id(id)?;
    if body.len() > MOST {
        return Err(ApiError::too_large(format!("the result has {} bytes, more than {MOST}", body.len())));
    }
    // What was sent is what is recorded, byte for byte.
    let result = std::str::from_utf8(body).map_err(|_| ApiError::invalid_parameter("the result is not UTF-8"))?;
    let result = Some(result).filter(|result| !result.is_empty()).map(str::to_owned);
    service.engine.complete_callback_with(&id, result).await.map_err(callback_error)?;
    Ok(json(StatusCode::OK, &object!({})))
}

pub(super) async fn fail(service: &Service, id: &str, body: &[u8]) -> Result<Response, ApiError> {
    let (id, error): (_, ErrorObject) = (callback_id(id)?, read(body)?);
    service.engine.fail_callback(&id, error.into()).await.map_err(callback_error)?;
    Ok(json(StatusCode::OK, &object!({})))
}

pub(super) async fn heartbeat(service: &Service, id: &str) -> Result<Response, ApiError> {
    service.engine.heartbeat_callback(&callback_id(id)?).await.map_err(callback_error)?;
    Ok(json(StatusCode::OK, &object!({})))
}

fn callback_id(id: &str) -> Result<CallbackId, ApiError> {
    if id.is_empty() || id.len() > MAX_ID { Err(ApiError::no_callback()) } else { Ok(CallbackId::from_text(id)) }
}
