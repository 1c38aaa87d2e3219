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

/// What a function answers to an invocation. A success that has an error, and a failure that has a result, are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "Status", try_from = "Answer")]
pub enum Response {
    /// The execution has a result.
    #[serde(rename = "SUCCEEDED", rename_all = "PascalCase")]
    Succeeded {
        /// The result as JSON; empty if it was recorded by a checkpoint.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<String>,
    },
    /// The execution has failed.
    #[serde(rename = "FAILED", rename_all = "PascalCase")]
    Failed {
        /// Why; absent if it was recorded by a checkpoint.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<ErrorObject>,
    },
    /// The execution waits for something that its service will tell.
    #[serde(rename = "PENDING")]
    Pending,
}

/// An answer as it arrives, before it is known to make sense.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    status: Status,
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    error: Option<ErrorObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Succeeded,
    Failed,
    Pending,
}

/// An answer that contradicts itself.
#[derive(Debug, thiserror::Error)]
enum Contradiction {
    #[error("SUCCEEDED goes without an Error")]
    SuccessWithError,
    #[error("FAILED goes without a Result")]
    FailureWithResult,
}

impl TryFrom<Answer> for Response {
    type Error = Contradiction;

    fn try_from(answer: Answer) -> Result<Self, Contradiction> {
        let Answer { status, result, error } = answer;
        match (status, result, error) {
            (Status::Succeeded, _, Some(_)) => Err(Contradiction::SuccessWithError),
            (Status::Failed, Some(_), _) => Err(Contradiction::FailureWithResult),
            (Status::Succeeded, result, None) => Ok(Self::Succeeded { result }),
            (Status::Failed, None, error) => Ok(Self::Failed { error }),
            (Status::Pending, ..) => Ok(Self::Pending),
        }
    }
}
