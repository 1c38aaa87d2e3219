//! What a function process asks of its runtime, as AWS Lambda's Runtime API has it.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use durable_core::engine::remote::InvocationEnd;
use durable_core::model::ErrorObject;
use serde_json::json;

use super::payload;
use super::queue::Waiting;
use super::slot::Slot;

pub(super) fn router(slot: Arc<Slot>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(payload::MOST_ANSWERED))
        .layer(from_fn_with_state(Arc::clone(&slot), only_processes))
        .with_state(slot)
}

/// No page in a browser gets through: it would name another host, or say where it comes from.
async fn only_processes(State(slot): State<Arc<Slot>>, request: Request, next: Next) -> Response {
    let page = ["origin", "sec-fetch-site"].iter().any(|header| request.headers().contains_key(*header));
    match slot.hosts.check(&request) {
        Ok(()) if !page => next.run(request).await,
        _ => refused(StatusCode::FORBIDDEN, "Forbidden", "this is for function processes only"),
    }
}

async fn next(State(slot): State<Arc<Slot>>) -> Response {
    slot.asks();
    if slot.is_ending() {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "Stopped", "the process has been told to end");
    }
    loop {
        let Some(Waiting { invocation, end }) = slot.queue.next().await else {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "Stopped", "the service has ended");
        };
        let body = match payload::event(&slot.queue.arns, &invocation) {
            Ok(body) => body,
            Err(error) => {
                let error = ErrorObject::new("Runtime.InvalidRequest", error.to_string());
                let _ = end.send(InvocationEnd::Crashed(error));
                continue;
            }
        };
        let id = invocation.request_id.clone();
        let function = slot.queue.arns.function(invocation.function.as_str(), invocation.version.as_deref());
        let headers = headers(&[
            ("lambda-runtime-aws-request-id", &id),
            ("lambda-runtime-deadline-ms", &invocation.deadline.as_millis().to_string()),
            ("lambda-runtime-invoked-function-arn", &function),
            ("lambda-runtime-trace-id", &format!("Root=1-00000000-{:0>24};Sampled=0", trace(&id))),
            ("lambda-runtime-aws-tenant-id", invocation.tenant.as_deref().unwrap_or_default()),
        ]);
        slot.takes(id, end);
        return (StatusCode::OK, headers, body).into_response();
    }
}

/// The last hexadecimal digits of an id, as traces are called.
fn trace(id: &str) -> String {
    let digits: Vec<char> = id.chars().filter(char::is_ascii_hexdigit).collect();
    digits.iter().rev().take(24).rev().collect()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(*name, value);
        }
    }
    headers
}

/// The id in a path; one that can't be read is nobody's.
type Id = Result<Path<String>, PathRejection>;

async fn response(State(slot): State<Arc<Slot>>, id: Id, body: Bytes) -> Response {
    accepted(id.is_ok_and(|Path(id)| slot.ends(&id, payload::end(&body))))
}

async fn error(State(slot): State<Arc<Slot>>, id: Id, body: Bytes) -> Response {
    let end = InvocationEnd::Crashed(payload::error(&body, "Runtime.Unknown"));
    accepted(id.is_ok_and(|Path(id)| slot.ends(&id, end)))
}

async fn init_error(State(slot): State<Arc<Slot>>, body: Bytes) -> Response {
    slot.fails_to_start(payload::error(&body, "Runtime.InitError"));
    accepted(true)
}

fn accepted(known: bool) -> Response {
    match known {
        true => (StatusCode::ACCEPTED, axum::Json(json!({ "status": "OK" }))).into_response(),
        false => refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "this is not the invocation of this process"),
    }
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, axum::Json(json!({ "errorType": kind, "errorMessage": message }))).into_response()
}
