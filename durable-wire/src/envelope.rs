//! What a service sends to a function, and what the function answers.

use serde::{Deserialize, Serialize};

use crate::{EpochMillis, ErrorObject, Operation};

/// The payload of one invocation of a durable function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Invocation {
    /// The execution.
    pub durable_execution_arn: String,
    /// The first link in the invocation's chain of tokens.
    pub checkpoint_token: String,
    /// What is recorded, or the first page of it.
    pub initial_execution_state: InitialExecutionState,
    /// What the service has changed since the last invocation; older services don't say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updated_operation_ids: Vec<String>,
}

/// A page of what is recorded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InitialExecutionState {
    /// The operations, in the order in which they began; the execution itself is the first.
    #[serde(default)]
    pub operations: Vec<Operation<EpochMillis>>,
    /// Where the next page begins; absent or empty if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// What a function answers to an invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "Status")]
pub enum Response {
    /// The execution has a result.
    #[serde(rename = "SUCCEEDED", rename_all = "PascalCase")]
    Succeeded {
        /// The result as JSON; empty if it was recorded by a checkpoint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<String>,
    },
    /// The execution has failed.
    #[serde(rename = "FAILED", rename_all = "PascalCase")]
    Failed {
        /// Why; absent if it was recorded by a checkpoint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<ErrorObject>,
    },
    /// The execution waits for something that its service will tell.
    #[serde(rename = "PENDING")]
    Pending,
}
