//! The bodies of the HTTP API, as far as functions and the command line use it.

use serde::{Deserialize, Serialize};

use crate::{EpochSeconds, ErrorObject, Event, Operation, OperationUpdate};

/// What `CheckpointDurableExecution` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CheckpointRequest {
    /// The newest token that the caller has.
    pub checkpoint_token: String,
    /// What is to be recorded, all of it or nothing; nothing to ask what has changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<OperationUpdate>,
    /// The same for a call and its repetitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// What `CheckpointDurableExecution` gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CheckpointResponse {
    /// The token for the next call; absent if the execution is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_token: Option<String>,
    /// What has changed.
    #[serde(default)]
    pub new_execution_state: StatePage,
}

/// What `GetDurableExecutionState` gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatePage {
    /// Operations, in the order in which they began.
    #[serde(default)]
    pub operations: Vec<Operation<EpochSeconds>>,
    /// Where the next page begins; absent or empty if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// What `GetDurableExecution` gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are those of AWS's `GetDurableExecutionResponse`")]
pub struct DurableExecution {
    pub durable_execution_arn: String,
    pub durable_execution_name: String,
    pub function_arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_payload: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
    pub start_timestamp: EpochSeconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_timestamp: Option<EpochSeconds>,
    pub status: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub execution_data_included: bool,
    #[serde(default)]
    pub durable_config: DurableConfig,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_details: Option<PauseDetails>,
}

/// How a function is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DurableConfig {
    /// After how many seconds an execution ends with a timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_timeout: Option<u32>,
}

/// The pause that an execution is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PauseDetails {
    /// When it was asked for.
    pub pause_request_timestamp: EpochSeconds,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the time until the execution's timeout stands still.
    pub execution_timeout_paused: bool,
}

/// What `GetDurableExecutionHistory` gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HistoryPage {
    /// Events, in the order that was asked for.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Where the next page begins; absent or empty if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}
