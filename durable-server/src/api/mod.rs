//! The API of AWS Lambda durable functions, as its clients speak it.

mod callbacks;
mod checkpoint;
mod control;
mod describe;
mod history;
mod invoke;
mod list;
mod sam;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::params::Params;
use crate::service::Shared;
use crate::structure::structure;

const EXECUTIONS: &str = "/2025-12-01/durable-executions/";
const CALLBACKS: &str = "/2025-12-01/durable-execution-callbacks/";

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/2015-03-31/functions/{function}/invocations", post(invoke::invoke))
        .route("/2025-12-01/functions/{function}/durable-executions", get(list::list))
        .route("/2025-12-01/durable-executions/{*rest}", any(execution))
        .route("/2025-12-01/durable-execution-callbacks/{*rest}", any(callback))
        .route("/start-durable-execution", post(sam::start))
        .route("/health", get(health))
}

async fn health() -> impl IntoResponse {
    axum::Json(serde_json::json!({ "status": "healthy" }))
}

/// What a request is about that has an ARN or a callback id in its path: these contain what separates a path's
/// segments, so they are cut out of the path as it came.
struct About<'a> {
    subject: String,
    verb: Option<&'a str>,
}

fn about<'a>(path: &'a str, prefix: &str, verbs: &[&'a str]) -> Result<About<'a>, ApiError> {
    let rest = path.strip_prefix(prefix).ok_or_else(ApiError::unknown_operation)?;
    let cut = verbs.iter().find_map(|verb| Some((rest.strip_suffix(verb)?.strip_suffix('/')?, Some(*verb))));
    let (subject, verb) = cut.unwrap_or((rest, None));
    let subject = percent_decode_str(subject).decode_utf8();
    let subject = subject.map_err(|_| ApiError::invalid_parameter("the path is not UTF-8"))?.into_owned();
    Ok(About { subject, verb })
}

async fn execution(
    State(service): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Result<Response, ApiError> {
    let verbs = ["checkpoint", "state", "history", "stop", "pause", "resume"];
    let About { subject: arn, verb } = about(uri.path(), EXECUTIONS, &verbs)?;
    let params = Params::of(uri.query());
    match (method.as_str(), verb) {
        ("POST", Some("checkpoint")) => checkpoint::checkpoint(&service, &arn, &body).await,
        ("GET", Some("state")) => checkpoint::state(&service, &arn, &params).await,
        ("GET", Some("history")) => history::history(&service, &arn, &params).await,
        ("GET", None) => describe::describe(&service, &arn, &params).await,
        ("POST", Some("stop")) => control::stop(&service, &arn, &body).await,
        ("POST", Some("pause")) => control::pause(&service, &arn, &body).await,
        ("POST", Some("resume")) => control::resume(&service, &arn, &body).await,
        ("DELETE", None) => control::delete(&service, &arn).await,
        _ => Err(ApiError::unknown_operation()),
    }
}

async fn callback(
    State(service): State<Shared>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Result<Response, ApiError> {
    let About { subject: id, verb } = about(uri.path(), CALLBACKS, &["succeed", "fail", "heartbeat"])?;
    match (method.as_str(), verb) {
        ("POST", Some("succeed")) => callbacks::succeed(&service, &id, &body).await,
        ("POST", Some("fail")) => callbacks::fail(&service, &id, &body).await,
        ("POST", Some("heartbeat")) => callbacks::heartbeat(&service, &id).await,
        _ => Err(ApiError::unknown_operation()),
    }
}

/// The body of a request as JSON; one that is empty is an empty object.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let body = if body.is_empty() { b"{}" } else { body };
    structure(body).map_err(|error| ApiError::invalid_content(format!("the body can't be read: {error}")))
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    (status, axum::Json(body)).into_response()
}

/// Text that has a limit on its bytes.
fn limited(what: &str, text: Option<&str>, most: usize) -> Result<(), ApiError> {
    match text {
        Some(text) if text.is_empty() || text.len() > most => {
            Err(ApiError::invalid_parameter(format!("{what} has 1 to {most} bytes")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_cut_out_of_the_path_as_it_came() {
        let cut = |path: &str| {
            let about = about(path, EXECUTIONS, &["history", "stop"]).ok()?;
            Some((about.subject, about.verb.map(str::to_owned)))
        };
        let history = Some("history".to_owned());
        assert_eq!(
            cut("/2025-12-01/durable-executions/arn%3Aa%2Fb%2Fc/history"),
            Some(("arn:a/b/c".into(), history.clone()))
        );
        assert_eq!(
            cut("/2025-12-01/durable-executions/arn:a:$LATEST/b/c/history"),
            Some(("arn:a:$LATEST/b/c".into(), history))
        );
        assert_eq!(cut("/2025-12-01/durable-executions/arn%3Aa%2Fhistory"), Some(("arn:a/history".into(), None)));
        assert_eq!(cut("/elsewhere/a"), None);
        assert_eq!(cut("/2025-12-01/durable-executions/%ff"), None);
    }
}
