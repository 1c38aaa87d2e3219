//! The bodies of the HTTP API, as far as functions use it.

use serde::{Deserialize, Serialize};

use crate::{EpochSeconds, Operation, OperationUpdate};

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
