//! What the SAM CLI asks an emulator of durable executions for, beside AWS's API.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json as object;

use super::invoke::{Start, start as start_execution};
use super::{json, read};
use crate::arn::{FunctionRef, function_ref};
use crate::error::ApiError;
use crate::service::{Service, Shared};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    function_name: String,
    function_qualifier: Option<String>,
    execution_name: Option<String>,
    execution_timeout_seconds: Option<u32>,
    tenant_id: Option<String>,
    input: Option<String>,
    lambda_endpoint: Option<String>,
}

/// Makes the function known whose code answers at this endpoint.
async fn bring(service: &Service, function: &FunctionRef, endpoint: &str) -> Result<(), ApiError> {
    match &service.elsewhere {
        Some(elsewhere) => elsewhere.bring(&service.engine, function, endpoint).await,
        None if service.engine.functions().iter().any(|known| known.name == function.name) => Ok(()),
        None => Err(ApiError::not_found(format!(
            "there is no function `{}`, and this service calls no endpoint that a start names\nhelp: `serve --sam`",
            function.name
        ))),
    }
}

pub(super) async fn start(State(service): State<Shared>, body: Bytes) -> Result<Response, ApiError> {
    let request: Request = read(&body)?;
    let qualifier = request.function_qualifier.as_deref().filter(|qualifier| !qualifier.is_empty());
    let function = function_ref(&request.function_name, qualifier)
        .ok_or_else(|| ApiError::invalid_parameter("this is no function's name or ARN"))?;
    if let Some(endpoint) = request.lambda_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty()) {
        bring(&service, &function, endpoint).await?;
    }
    let run = start_execution(
        &service,
        Start {
            function,
            input: request.input.as_deref().unwrap_or_default().as_bytes(),
            name: request.execution_name.as_deref(),
            tenant: request.tenant_id.as_deref(),
            timeout_seconds: request.execution_timeout_seconds,
        },
    )
    .await?;
    let described = service.engine.describe(run.id()).await?;
    Ok(json(StatusCode::CREATED, &object!({ "ExecutionArn": service.arns.of_described(&described) })))
}
