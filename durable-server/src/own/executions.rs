//! Lists of executions over all functions.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use durable_core::model::{Clock, ExecutionId, SystemClock, Timestamp};
use durable_core::store::{Cursor, Query, Summary, WaitingOn};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::status::{status_name, status_of};
use crate::arn::execution_id;
use crate::error::ApiError;
use crate::page;
use crate::params::Params;
use crate::service::{Service, Shared};

/// An execution in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Execution {
    /// Its ARN, by which AWS's API calls it.
    arn: String,
    /// Its id.
    id: String,
    /// Its function.
    function: String,
    /// Its name.
    name: String,
    /// The version of the code that it runs.
    version: Option<String>,
    /// Where it stands: `RUNNING`, `PAUSING`, `PAUSED`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `STOPPED`.
    status: String,
    /// When it began.
    started: String,
    /// When it ended.
    ended: Option<String>,
    /// When the next thing happens to it by itself.
    due: Option<String>,
    /// Why it is not driven, if it is parked.
    parked: Option<String>,
}

/// A page of executions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Executions {
    executions: Vec<Execution>,
    /// Where the next page begins, if there is one.
    next_cursor: Option<String>,
}

/// Executions of all functions; every condition that is given must hold.
#[utoipa::path(get, path = "/durable/v1/executions", params(
    ("function" = Option<String>, Query, description = "only of this function"),
    ("status" = Option<Vec<String>>, Query, description = "only those that stand at one of these"),
    ("name" = Option<String>, Query, description = "only those with this name"),
    ("name_prefix" = Option<String>, Query, description = "only those whose name begins like this"),
    ("waiting_on" = Option<String>, Query, description = "only those that wait for a `timer`, a `callback` or a `child`"),
    ("older_than" = Option<u32>, Query, description = "only those that began more than so many seconds ago"),
    ("started_after" = Option<String>, Query, description = "only those that began at this time or later"),
    ("started_before" = Option<String>, Query, description = "only those that began before this time"),
    ("parked" = Option<bool>, Query, description = "only those that are parked"),
    ("oldest_first" = Option<bool>, Query, description = "oldest first, instead of newest first"),
    ("cursor" = Option<String>, Query, description = "only those after this place in the list"),
    ("limit" = Option<u32>, Query, description = "at most so many: 100 if not said, and no more than 1,000"),
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
    Ok(Json(Executions { executions: found.iter().map(|summary| shown(&service, summary)).collect(), next_cursor }))
}

fn query(params: &Params, now: Timestamp) -> Result<Query, ApiError> {
    let mut query = Query::new();
    if let Some(function) = params.get("function") {
        query = query.function(function);
    }
    for status in params.all("status").flat_map(|statuses| statuses.split(',')).filter(|status| !status.is_empty()) {
        let status = status_of(&status.to_ascii_uppercase());
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

fn shown(service: &Service, summary: &Summary) -> Execution {
    Execution {
        arn: service.arns.of_summary(summary),
        id: summary.id.to_string(),
        function: summary.function.to_string(),
        name: summary.name.to_string(),
        version: summary.version.clone(),
        status: status_name(summary.status).to_owned(),
        started: summary.started.to_string(),
        ended: summary.ended.map(|time| time.to_string()),
        due: summary.due.map(|time| time.to_string()),
        parked: summary.parked.clone(),
    }
}

/// The most executions that a short word may mean.
const MOST_MEANT: u32 = 20;
/// The fewest digits of an id that are worth a search.
const LEAST_DIGITS: usize = 4;

/// The executions that a word means: an ARN, an id, the end of an id, or a name. Exact meanings come before the end of an
/// id.
#[utoipa::path(get, path = "/durable/v1/executions/find", params(
    ("ref" = String, Query, description = "an ARN, an id, at least four digits from the end of an id, or a name"),
    ("function" = Option<String>, Query, description = "only of this function"),
), responses((status = 200, body = Executions), (status = 400, description = "`ref` is missing"), (status = 404, description = "nothing is meant")))]
pub(crate) async fn find(
    State(service): State<Shared>,
    OriginalUri(uri): OriginalUri,
) -> Result<Json<Executions>, ApiError> {
    let params = Params::of(uri.query());
    let word = params.get("ref").ok_or_else(|| ApiError::invalid_parameter("ref is missing"))?;
    let mut base = Query::new().limit(MOST_MEANT);
    if let Some(function) = params.get("function") {
        base = base.function(function);
    }
    let id = execution_id(word).or_else(|| word.parse().ok());
    let mut found = match id {
        Some(id) => service.engine.list(base.clone().id_suffix(id.to_string())).await?,
        None => service.engine.list(base.clone().name(word)).await?,
    };
    if word.starts_with("arn:") {
        found.retain(|summary| service.arns.of_summary(summary) == word);
    }
    let digits = word.chars().filter(|digit| *digit != '-').count();
    let is_short = word.chars().all(|digit| digit.is_ascii_hexdigit() || digit == '-') && digits >= LEAST_DIGITS;
    if found.is_empty() && is_short {
        found = service.engine.list(base.id_suffix(word)).await?;
    }
    if found.is_empty() {
        return Err(ApiError::no_execution());
    }
    Ok(Json(Executions {
        executions: found.iter().map(|summary| shown(&service, summary)).collect(),
        next_cursor: None,
    }))
}

/// Lets a parked execution run again.
#[utoipa::path(post, path = "/durable/v1/executions/{id}/unpark", params(("id" = String, Path, description = "the execution's id")),
    responses((status = 204, description = "done"), (status = 404, description = "there is no such execution")))]
pub(crate) async fn unpark(
    State(service): State<Shared>,
    Path(id): Path<String>,
) -> Result<axum::http::StatusCode, ApiError> {
    let id: ExecutionId = id.parse().map_err(|_| ApiError::no_execution())?;
    service.engine.unpark(id).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
