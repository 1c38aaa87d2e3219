//! Invoking a function: starting an execution of it, and waiting for its end.

use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use durable_core::engine::{Json, Run, RunError};
use durable_core::model::ErrorObject;
use serde_json::json;

use super::limited;
use crate::arn::{FunctionRef, function_ref, qualifier};
use crate::error::ApiError;
use crate::params::Params;
use crate::segment::Segment;
use crate::service::{Service, Shared};

const INVOCATION_TYPE: &str = "x-amz-invocation-type";
const EXECUTION_NAME: &str = "x-amz-durable-execution-name";
const TENANT: &str = "x-amz-tenant-id";
const EXECUTION_ARN: HeaderName = HeaderName::from_static("x-amz-durable-execution-arn");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");

/// The most bytes of a payload that nobody waits with.
const MOST_ASYNCHRONOUS: usize = 1024 * 1024;
/// The most bytes of a payload otherwise.
const MOST: usize = 6 * 1024 * 1024;

/// An execution to start.
pub(crate) struct Start<'a> {
    pub(crate) function: FunctionRef,
    pub(crate) input: &'a [u8],
    pub(crate) name: Option<&'a str>,
    pub(crate) tenant: Option<&'a str>,
    pub(crate) timeout_seconds: Option<u32>,
}

pub(super) async fn invoke(
    State(service): State<Shared>,
    Segment(function): Segment,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let params = Params::of(uri.query());
    let invocation_type = text(&headers, INVOCATION_TYPE)?.unwrap_or("RequestResponse");
    let function = function_ref(&function, params.get("Qualifier"))
        .ok_or_else(|| ApiError::invalid_parameter("this is no function's name or ARN"))?;
    let (name, tenant) = (text(&headers, EXECUTION_NAME)?, text(&headers, TENANT)?);
    let start_it = Start { function, input: &body, name, tenant, timeout_seconds: None };
    match invocation_type {
        "DryRun" => {
            find(&service, &start_it.function)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        "Event" if body.len() > MOST_ASYNCHRONOUS => Err(too_large(body.len(), MOST_ASYNCHRONOUS)),
        "Event" => {
            let run = start(&service, start_it).await?;
            answer(&service, &run, StatusCode::ACCEPTED, Vec::new(), false).await
        }
        "RequestResponse" => {
            let run = start(&service, start_it).await?;
            match tokio::time::timeout(service.longest_wait, run.output()).await {
                Ok(ended) => ended_as(&service, &run, ended).await,
                Err(_) => {
                    let message = "the durable execution goes on; start it with the same name to wait again";
                    failed(&service, &run, &ErrorObject::new("Sandbox.Timedout", message)).await
                }
            }
        }
        _ => Err(ApiError::invalid_parameter("the invocation type is RequestResponse, Event or DryRun")),
    }
}

/// Starts an execution, or finds the one that was started with the same name and payload.
pub(crate) async fn start(service: &Service, start: Start<'_>) -> Result<Run<Json>, ApiError> {
    let Start { function, input, name, tenant, timeout_seconds } = start;
    if input.len() > MOST {
        return Err(too_large(input.len(), MOST));
    }
    find(service, &function)?;
    limited("the tenant", tenant, 256)?;
    let input = std::str::from_utf8(input).ok().filter(|input| is_json(input));
    let input = input.ok_or_else(|| ApiError::invalid_content("the payload is not JSON"))?;
    let mut starting = service.engine.start_json(&function.name, input);
    if let Some(version) = function.version {
        starting = starting.version(version);
    }
    if let Some(name) = name {
        starting = starting.name(name);
    }
    if let Some(tenant) = tenant {
        starting = starting.tenant(tenant);
    }
    if let Some(seconds) = timeout_seconds {
        starting = starting.timeout(std::time::Duration::from_secs(seconds.into()));
    }
    Ok(starting.await?)
}

fn find(service: &Service, function: &FunctionRef) -> Result<(), ApiError> {
    let known = service.engine.functions();
    let matches = |version: &Option<String>| function.version.is_none() || *version == function.version;
    match known.iter().any(|known| known.name == function.name && matches(&known.version)) {
        true => Ok(()),
        false => Err(ApiError::not_found(format!(
            "Function not found: {}",
            service.arns.function(&function.name, function.version.as_deref())
        ))),
    }
}

fn is_json(text: &str) -> bool {
    text.trim().is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn too_large(bytes: usize, most: usize) -> ApiError {
    ApiError::too_large(format!("the payload has {bytes} bytes, more than {most}"))
}

async fn ended_as(service: &Service, run: &Run<Json>, ended: Result<String, RunError>) -> Result<Response, ApiError> {
    let error = match ended {
        Ok(result) => return answer(service, run, StatusCode::OK, result.into_bytes(), false).await,
        Err(RunError::Failed(error) | RunError::TimedOut(error) | RunError::Stopped(error)) => error,
        Err(RunError::Parked(reason)) => ErrorObject::new("Parked", reason.as_str()),
        Err(RunError::Engine(error)) => return Err(error.into()),
        Err(_) => return Err(ApiError::service("the result can't be read")),
    };
    failed(service, run, &error).await
}

async fn failed(service: &Service, run: &Run<Json>, error: &ErrorObject) -> Result<Response, ApiError> {
    let ErrorObject { error_type, message, data, stack_trace } = error;
    let mut body = json!({ "errorType": error_type, "errorMessage": message });
    if let Some(body) = body.as_object_mut() {
        if let Some(data) = data {
            body.insert("errorData".to_owned(), json!(data));
        }
        if !stack_trace.is_empty() {
            body.insert("stackTrace".to_owned(), json!(stack_trace));
        }
    }
    answer(service, run, StatusCode::OK, body.to_string().into_bytes(), true).await
}

async fn answer(
    service: &Service,
    run: &Run<Json>,
    status: StatusCode,
    body: Vec<u8>,
    is_error: bool,
) -> Result<Response, ApiError> {
    let described = service.engine.describe(run.id()).await?;
    let header = |text: &str| HeaderValue::from_str(text).map_err(|error| ApiError::internal(&error));
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert(EXECUTION_ARN, header(&service.arns.of_described(&described))?);
    headers.insert(EXECUTED_VERSION, header(qualifier(described.spec.version.as_deref()))?);
    if is_error {
        headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    }
    Ok(response)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ApiError> {
    let read = |value: &'h HeaderValue| value.to_str();
    headers.get(name).map(read).transpose().map_err(|_| ApiError::invalid_parameter(format!("{name} is not ASCII")))
}
