//! The executions of one function.

use axum::extract::{OriginalUri, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use durable_core::model::ExecutionStatus;
use durable_core::store::{Cursor, Query, Summary};
use durable_wire::EpochSeconds;
use serde::Serialize;

use super::json;
use crate::arn::{LATEST, function_ref};
use crate::error::ApiError;
use crate::page;
use crate::params::Params;
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

pub(super) async fn list(
    State(service): State<Shared>,
    Path(function): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let params = Params::of(uri.query());
    let size = page::size(params.number("MaxItems")?)?;
    let query = query(&function, &params)?;
    let limit = u32::try_from(size + 1).unwrap_or(u32::MAX);
    let mut found = service.engine.list(query.limit(limit)).await?;
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

fn query(function: &str, params: &Params) -> Result<Query, ApiError> {
    let function = function_ref(function, params.get("Qualifier"))
        .ok_or_else(|| ApiError::invalid_parameter("this is no function's name or ARN"))?;
    let mut query = Query::new().function(function.name);
    if let Some(version) = function.version.filter(|version| version != LATEST) {
        query = query.version(version);
    }
    let statuses: Vec<_> = params.all("Statuses").collect();
    if statuses.len() > MOST_STATUSES {
        return Err(ApiError::invalid_parameter(format!("at most {MOST_STATUSES} statuses can be asked for")));
    }
    for status in statuses {
        let status = ExecutionStatus::of_name(status);
        let status = status.ok_or_else(|| ApiError::invalid_parameter("there is no such status"))?;
        query = query.status(status);
    }
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
    Ok(if params.flag("ReverseOrder", false)? { query.oldest_first() } else { query })
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
