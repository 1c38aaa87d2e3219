//! Functions and their plans, and what the engine counts.

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use durable_core::engine::{FunctionInfo, Metrics};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::params::Params;
use crate::segment::Segment;
use crate::service::Shared;

/// A function that can be started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its explicit version.
    pub version: Option<String>,
    /// Its ARN.
    pub arn: String,
    /// Whether its code is a process of its own.
    pub remote: bool,
    /// After how many seconds its executions end with a timeout.
    pub execution_timeout_seconds: Option<u32>,
    /// What its source shows that it performs; nothing for code that is elsewhere.
    #[schema(value_type = Option<Object>)]
    pub plan: Option<serde_json::Value>,
}

/// The functions that there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Functions {
    /// The functions.
    pub functions: Vec<Function>,
}

/// The functions that can be started, with their plans.
#[utoipa::path(get, path = "/durable/v1/functions", responses((status = 200, body = Functions)))]
pub(crate) async fn list(State(service): State<Shared>) -> Result<Json<Functions>, ApiError> {
    let mut functions = Vec::new();
    for info in service.engine.functions() {
        let plan = info.plan.as_ref().map(|plan| serde_json::from_str(&plan.to_json())).transpose();
        functions.push(Function {
            arn: service.arns.function(&info.name, info.version.as_deref()),
            remote: info.plan.is_none(),
            plan: plan.map_err(|error| ApiError::internal(&error))?,
            name: info.name,
            version: info.version,
            execution_timeout_seconds: info.execution_timeout_seconds,
        });
    }
    Ok(Json(Functions { functions }))
}

/// What a function performs, as its source shows it: as JSON, or as a graph that Mermaid or Graphviz draws.
#[utoipa::path(get, path = "/durable/v1/functions/{function}/plan", params(
    ("function" = String, Path, description = "the function's name"),
    ("version" = Option<String>, Query, description = "its version; the newest if not said"),
    ("format" = Option<String>, Query, description = "`json`, which it is if not said, `mermaid` or `dot`"),
), responses(
    (status = 200, content((serde_json::Value = "application/json"), (String = "text/plain"))),
    (status = 400, description = "there is no such format"),
    (status = 404, description = "there is no such function, or its code is elsewhere and shows no plan"),
))]
pub(crate) async fn plan(
    State(service): State<Shared>,
    Segment(function): Segment,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let params = Params::of(uri.query());
    let version = params.get("version");
    let is_meant =
        |info: &FunctionInfo| info.name == function && (version.is_none() || info.version.as_deref() == version);
    // The version that was registered last is the newest.
    let found = service.engine.functions().into_iter().rfind(is_meant);
    let found = found.ok_or_else(|| ApiError::not_found("there is no such function"))?;
    let plan = found.plan.ok_or_else(|| ApiError::not_found("the function's code is elsewhere, and shows no plan"))?;
    let typed = |kind: &'static str, text: String| ([(header::CONTENT_TYPE, kind)], text).into_response();
    match params.get("format").unwrap_or("json") {
        "json" => Ok(typed("application/json", plan.to_json())),
        "mermaid" => Ok(typed("text/plain; charset=utf-8", plan.to_mermaid())),
        "dot" => Ok(typed("text/plain; charset=utf-8", plan.to_dot())),
        _ => Err(ApiError::invalid_parameter("format is json, mermaid or dot")),
    }
}

/// What the engine has done since it started, and what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// Runs that began from the top.
    runs: u64,
    /// Those of them that were answered from a history.
    replays: u64,
    /// Suspended runs that were woken where they stood.
    resumed: u64,
    /// Suspended runs that had to leave memory.
    evictions: u64,
    /// Suspended runs in memory.
    resident: u64,
    /// How often a thread was blocked for too long.
    blocked: u64,
    /// Executions that are parked.
    parked: u64,
    /// Running executions that nothing will ever wake: there are none, or something is broken.
    stranded: usize,
}

/// What the engine counts.
#[utoipa::path(get, path = "/durable/v1/metrics", responses((status = 200, body = Counts)))]
pub(crate) async fn metrics(State(service): State<Shared>) -> Result<Json<Counts>, ApiError> {
    let Metrics { runs, replays, resumed, evictions, resident, blocked, parked, .. } = service.engine.metrics();
    let stranded = service.engine.stranded().await?.len();
    Ok(Json(Counts { runs, replays, resumed, evictions, resident, blocked, parked, stranded }))
}
