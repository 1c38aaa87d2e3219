//! The executions of one function.

use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::Response;
use durable_core::model::ExecutionStatus;
use durable_core::store::{Cursor, Query, Summary};
use durable_wire::EpochSeconds;
use serde::Serialize;

use super::json;
use crate::arn::{LATEST, function_ref, qualifier};
use crate::error::ApiError;
use crate::page;
use crate::params::Params;
use crate::segment::Segment;
use crate::service::{Service, Shared};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    durable_execution_arn: String,
    durable_execution_name: String,
    function_arn: String,
    status: &'static str,
    start_timestamp: EpochSeconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_timestamp: Option<EpochSeconds>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    durable_executions: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

/// The most statuses that can be asked for at once.
const MOST_STATUSES: usize = 10;
/// The status of what is being deleted. Here a deletion is done at once, so nothing ever has it.
const DELETING: &str = "DELETING";
/// How many executions are looked at together where the store can't tell which are asked for.
const MOST_AT_ONCE: u32 = 1_000;

pub(super) async fn list(
    State(service): State<Shared>,
    Segment(function): Segment,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let params = Params::of(uri.query());
    let size = page::size(params.number("MaxItems")?)?;
    let query = query(&function, &params)?;
    let mut found = match query {
        Some(query) if is_latest(&function, &params) => shown_as_latest(&service, query, size + 1).await?,
        Some(query) => service.engine.list(query.limit(limit(size + 1))).await?,
        None => Vec::new(),
    };
    if found.is_empty() {
        require_function(&service, &function).await?;
    }
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    let next_marker = last.map(|last| page::marker("list", &last.cursor().to_string()));
    let durable_executions = found.iter().map(|summary| listed(&service, summary)).collect();
    Ok(json(StatusCode::OK, &Page { durable_executions, next_marker }))
}

/// Whether only executions are asked for that are shown as the newest version's.
fn is_latest(function: &str, params: &Params) -> bool {
    let last = function.rsplit(':').next();
    [last, params.get("Qualifier")].contains(&Some(LATEST))
}

/// The first of those that are shown with `$LATEST`: code without a version, and versions for which AWS's spelling has no
/// place. The store knows nothing of spellings.
async fn shown_as_latest(service: &Service, query: Query, count: usize) -> Result<Vec<Summary>, ApiError> {
    let mut found: Vec<Summary> = Vec::new();
    let mut next = query.limit(MOST_AT_ONCE);
    loop {
        let page = service.engine.list(next.clone()).await?;
        let last = page.last().map(Summary::cursor).filter(|_| page.len() >= MOST_AT_ONCE as usize);
        found.extend(page.into_iter().filter(|summary| qualifier(summary.version.as_deref()) == LATEST));
        match last {
            Some(last) if found.len() < count => next = next.after(last),
            _ => break,
        }
    }
    found.truncate(count);
    Ok(found)
}

fn limit(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What to ask the store for; nothing if nothing can be meant.
fn query(function: &str, params: &Params) -> Result<Option<Query>, ApiError> {
    let function = function_ref(function, params.get("Qualifier"))
        .ok_or_else(|| ApiError::invalid_parameter("this is no function's name or ARN"))?;
    let mut query = Query::new().function(function.name);
    if let Some(version) = function.version {
        query = query.version(version);
    }
    let statuses: Vec<_> = params.all("Statuses").collect();
    if statuses.len() > MOST_STATUSES {
        return Err(ApiError::invalid_parameter(format!("at most {MOST_STATUSES} statuses can be asked for")));
    }
    let known = statuses.iter().filter(|status| **status != DELETING);
    for status in known.clone() {
        let status = ExecutionStatus::of_name(status);
        let status = status.ok_or_else(|| ApiError::invalid_parameter("there is no such status"))?;
        query = query.status(status);
    }
    let matches_nothing = !statuses.is_empty() && known.count() == 0;
    if let Some(name) = params.get("DurableExecutionName") {
        query = query.name(name);
    }
    if let Some(time) = params.time("StartedAfter")? {
        query = query.started_from(time);
    }
    if let Some(time) = params.time("StartedBefore")? {
        query = query.started_before(time);
    }
    if let Some(cursor) = page::place::<Cursor>("list", params.get("Marker"))? {
        query = query.after(cursor);
    }
    let query = if params.flag("ReverseOrder", false)? { query.oldest_first() } else { query };
    Ok((!matches_nothing).then_some(query))
}

/// No executions are only an answer for a function that there is, or was.
async fn require_function(service: &Service, function: &str) -> Result<(), ApiError> {
    let name = function_ref(function, None).map(|function| function.name).unwrap_or_default();
    if service.engine.functions().iter().any(|known| known.name == name)
        || !service.engine.list(Query::new().function(name).limit(1)).await?.is_empty()
    {
        return Ok(());
    }
    Err(ApiError::not_found("there is no such function"))
}

fn listed(service: &Service, summary: &Summary) -> Listed {
    Listed {
        durable_execution_arn: service.arns.of_summary(summary),
        durable_execution_name: summary.name.to_string(),
        function_arn: service.arns.function(summary.function.as_str(), summary.version.as_deref()),
        status: summary.status.name(),
        start_timestamp: summary.started.into(),
        end_timestamp: summary.ended.map(Into::into),
    }
}
