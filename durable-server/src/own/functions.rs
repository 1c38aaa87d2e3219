//! Functions and their plans, and what the engine counts.

use axum::Json;
use axum::extract::State;
use durable_core::engine::Metrics;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;
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
