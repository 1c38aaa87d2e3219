//! Lists of executions over all functions.

use axum::Json;
use axum::extract::{OriginalUri, State};
use durable_core::model::{Clock, ExecutionId, ExecutionStatus, SystemClock, Timestamp};
use durable_core::store::{Cursor, Query, Summary, WaitingOn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::meant::{is_meant, meanings};
use crate::page;
use crate::params::Params;
use crate::segment::Segment;
use crate::service::Shared;

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Execution {
    /// Its ARN, by which AWS's API calls it.
    pub arn: String,
    /// Its id.
    pub id: String,
    /// Its function.
    pub function: String,
    /// Its name.
    pub name: String,
    /// The version of the code that it runs.
    pub version: Option<String>,
    /// Where it stands: `RUNNING`, `PAUSING`, `PAUSED`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `STOPPED`.
    pub status: String,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// When the next thing happens to it by itself.
    pub due: Option<String>,
    /// Why it is not driven, if it is parked.
    pub parked: Option<String>,
}

/// A page of executions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Executions {
    /// The executions.
    pub executions: Vec<Execution>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// Executions of all functions; every condition that is given must hold.
#[utoipa::path(get, path = "/durable/v1/executions", params(
    ("function" = Option<String>, Query, description = "only of this function"),
    ("status" = Option<Vec<String>>, Query, description = "only those that stand at one of these"),
    ("name" = Option<String>, Query, description = "only those with this name"),
    ("name_prefix" = Option<String>, Query, description = "only those whose name begins like this"),
    ("waiting_on" = Option<String>, Query, description = "only those that wait for a `timer`, a `callback` or a `child`"),
    ("older_than" = Option<u32>, Query, format = Int64, maximum = 4_294_967_295u32, description = "only those that began more than so many seconds ago"),
    ("started_after" = Option<String>, Query, description = "only those that began at this time or later"),
    ("started_before" = Option<String>, Query, description = "only those that began before this time"),
    ("parked" = Option<bool>, Query, description = "only those that are parked"),
    ("oldest_first" = Option<bool>, Query, description = "oldest first, instead of newest first"),
    ("cursor" = Option<String>, Query, description = "only those after this place in the list"),
    ("limit" = Option<u32>, Query, maximum = 1000, description = "at most so many: 100 if not said, and no more than 1,000"),
), responses((status = 200, body = Executions), (status = 400, description = "a condition can't be read")))]
pub(crate) async fn list(
    State(service): State<Shared>,
    OriginalUri(uri): OriginalUri,
) -> Result<Json<Executions>, ApiError> {
    let params = Params::of(uri.query());
    let size = page::size(params.number("limit")?)?;
    let limit = u32::try_from(size + 1).unwrap_or(u32::MAX);
    let mut found = service.engine.list(query(&params, SystemClock.now())?.limit(limit)).await?;
    let more = found.len() > size;
    found.truncate(size);
    let next_cursor = found.last().filter(|_| more).map(|last| page::marker("executions", &last.cursor().to_string()));
    Ok(Json(Executions { executions: found.iter().map(|summary| service.arns.listed(summary)).collect(), next_cursor }))
}

fn query(params: &Params, now: Timestamp) -> Result<Query, ApiError> {
    let mut query = Query::new();
    if let Some(function) = params.get("function") {
        query = query.function(function);
    }
    for status in params.all("status").flat_map(|statuses| statuses.split(',')).filter(|status| !status.is_empty()) {
        let status = ExecutionStatus::of_name(&status.to_ascii_uppercase());
        query = query.status(status.ok_or_else(|| ApiError::invalid_parameter("there is no such status"))?);
    }
    if let Some(name) = params.get("name") {
        query = query.name(name);
    }
    if let Some(prefix) = params.get("name_prefix") {
        query = query.name_prefix(prefix);
    }
    if let Some(on) = params.get("waiting_on") {
        query = query.waiting_on(match on {
            "timer" => WaitingOn::Timer,
            "callback" => WaitingOn::Callback,
            "child" => WaitingOn::Child,
            _ => return Err(ApiError::invalid_parameter("waiting_on is timer, callback or child")),
        });
    }
    if let Some(from) = params.time("started_after")? {
        query = query.started_from(from);
    }
    let age = params.number("older_than")?;
    let before = age.map(|seconds| Timestamp::from_millis(now.as_millis() - i64::from(seconds) * 1000));
    if let Some(before) = [params.time("started_before")?, before].into_iter().flatten().min() {
        query = query.started_before(before);
    }
    if params.flag("parked", false)? {
        query = query.parked();
    }
    if let Some(cursor) = page::place::<Cursor>("executions", params.get("cursor"))? {
        query = query.after(cursor);
    }
    Ok(if params.flag("oldest_first", false)? { query.oldest_first() } else { query })
}

/// The executions that a word means: an ARN, an id, the end of an id, or a name. Exact meanings come before the end of an
/// id.
#[utoipa::path(get, path = "/durable/v1/executions/find", params(
    ("ref" = String, Query, min_length = 1, description = "an ARN, an id, at least four digits from the end of an id, or a name"),
    ("function" = Option<String>, Query, description = "only of this function"),
), responses((status = 200, body = Executions), (status = 400, description = "`ref` is missing"), (status = 404, description = "nothing is meant")))]
pub(crate) async fn find(
    State(service): State<Shared>,
    OriginalUri(uri): OriginalUri,
) -> Result<Json<Executions>, ApiError> {
    let params = Params::of(uri.query());
    let word = params.get("ref").ok_or_else(|| ApiError::invalid_parameter("ref is missing"))?;
    let found = meant(&service, word, params.get("function")).await?;
    Ok(Json(Executions {
        executions: found.iter().map(|summary| service.arns.listed(summary)).collect(),
        next_cursor: None,
    }))
}

/// The executions that somebody means with a word: at least one.
pub(super) async fn meant(service: &Shared, word: &str, function: Option<&str>) -> Result<Vec<Summary>, ApiError> {
    for query in meanings(word, function) {
        let mut found = service.engine.list(query).await?;
        found.retain(|summary| is_meant(&service.arns, word, summary));
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(ApiError::no_execution())
}

/// Lets a parked execution run again.
#[utoipa::path(post, path = "/durable/v1/executions/{id}/unpark", params(("id" = String, Path, description = "the execution's id")),
    responses((status = 204, description = "done"), (status = 400, description = "the path is not UTF-8"), (status = 404, description = "there is no such execution")))]
pub(crate) async fn unpark(
    State(service): State<Shared>,
    Segment(id): Segment,
) -> Result<axum::http::StatusCode, ApiError> {
    let id: ExecutionId = id.parse().map_err(|_| ApiError::no_execution())?;
    service.engine.unpark(id).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
