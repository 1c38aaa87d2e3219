//! History: the numbered, append-only log of one execution.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CallbackId, ErrorObject, ExecutionId, Kind, Name, OperationId, Timestamp};

/// One entry of an execution's history.
///
/// See [`Engine::history`](crate::engine::Engine::history) for an example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// 1 for the first event, then one more for each, without gaps.
    #[serde(rename = "n")]
    pub event_id: u32,
    /// When it happened; never earlier than the event before.
    #[serde(rename = "at")]
    pub timestamp: Timestamp,
    /// The operation that it is about; `None` for events of the execution and its invocations.
    #[serde(rename = "op", default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Identity>,
    /// What happened.
    #[serde(rename = "is")]
    pub kind: EventKind,
}

/// What never changes about an operation.
///
/// See [`Engine::history`](crate::engine::Engine::history) for an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Unique within the execution.
    pub id: OperationId,
    /// The context it stands in; `None` at the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<OperationId>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// What it is.
    pub kind: Kind,
}

/// What happened. Payloads are the recorded text itself; nothing stands for JSON `null`.
///
/// See [`Engine::history`](crate::engine::Engine::history) for an example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of AWS's event details of the same names")]
#[non_exhaustive]
pub enum EventKind {
    /// The execution was created.
    ExecutionStarted { input: Option<String>, timeout_seconds: Option<u32> },
    /// The function returned a value or `Ok`.
    ExecutionSucceeded { result: Option<String> },
    /// The function returned `Err`, or could not go on.
    ExecutionFailed { error: ErrorObject },
    /// Someone stopped the execution.
    ExecutionStopped { error: ErrorObject },
    /// Its time was over.
    ExecutionTimedOut { error: ErrorObject },
    /// A context began.
    ContextStarted,
    /// A context ended with a result.
    ContextSucceeded { result: Option<String>, replay_children: bool },
    /// A context ended with an error.
    ContextFailed { error: ErrorObject },
    /// A timer began.
    WaitStarted { seconds: u32, until: Timestamp },
    /// A timer is over.
    WaitSucceeded { seconds: u32 },
    /// A timer was given up before its time.
    WaitCancelled { error: Option<ErrorObject> },
    /// An attempt of a step began.
    StepStarted,
    /// An attempt of a step (1-based) ended with a result; with a delay it is a state to check a condition with again.
    StepSucceeded { result: Option<String>, attempt: u32, next_delay_seconds: Option<u32> },
    /// An attempt of a step failed; with a delay another attempt follows, without one the step has failed.
    StepFailed { error: ErrorObject, attempt: u32, next_delay_seconds: Option<u32> },
    /// A callback was opened. The store does not hold its id; it is filled in when history is read.
    CallbackStarted {
        #[serde(skip)]
        callback_id: Option<CallbackId>,
        timeout_seconds: Option<u32>,
        heartbeat_seconds: Option<u32>,
    },
    /// A callback was completed with a result, kept byte for byte.
    CallbackSucceeded { result: Option<String> },
    /// A callback was completed with an error.
    CallbackFailed { error: ErrorObject },
    /// A callback's time was over.
    CallbackTimedOut { error: ErrorObject },
    /// Another execution was started, with this version of its function; nothing if it could not be started.
    ChainedInvokeStarted {
        function: Name,
        version: Option<String>,
        input: Option<String>,
        tenant: Option<String>,
        /// How long it may take, if whoever invoked it said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_seconds: Option<u32>,
        execution: ExecutionId,
    },
    /// The other execution ended with a result.
    ChainedInvokeSucceeded { result: Option<String> },
    /// The other execution ended with an error, or could not be started.
    ChainedInvokeFailed { error: ErrorObject },
    /// The other execution's time was over.
    ChainedInvokeTimedOut { error: ErrorObject },
    /// The other execution was stopped.
    ChainedInvokeStopped { error: ErrorObject },
    /// One run of the function ended: suspended, finished, or crashed (then with an error).
    InvocationCompleted { started: Timestamp, request_id: String, error: Option<ErrorObject> },
    /// The execution does not run for now.
    ExecutionPaused { requested: Timestamp, reason: Option<String>, pauses_timeout: bool },
    /// It may run again.
    ExecutionResumed { requested: Timestamp, reason: Option<String> },
}

impl EventKind {
    /// The event type in AWS's words.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed { .. } => "ExecutionFailed",
            Self::ExecutionStopped { .. } => "ExecutionStopped",
            Self::ContextStarted => "ContextStarted",
            Self::ContextSucceeded { .. } => "ContextSucceeded",
            Self::ContextFailed { .. } => "ContextFailed",
            Self::WaitStarted { .. } => "WaitStarted",
            Self::WaitSucceeded { .. } => "WaitSucceeded",
            Self::WaitCancelled { .. } => "WaitCancelled",
            Self::StepStarted => "StepStarted",
            Self::StepSucceeded { .. } => "StepSucceeded",
            Self::StepFailed { .. } => "StepFailed",
            Self::CallbackStarted { .. } => "CallbackStarted",
            Self::CallbackSucceeded { .. } => "CallbackSucceeded",
            Self::CallbackFailed { .. } => "CallbackFailed",
            Self::CallbackTimedOut { .. } => "CallbackTimedOut",
            Self::ExecutionTimedOut { .. } => "ExecutionTimedOut",
            Self::ChainedInvokeStarted { .. } => "ChainedInvokeStarted",
            Self::ChainedInvokeSucceeded { .. } => "ChainedInvokeSucceeded",
            Self::ChainedInvokeFailed { .. } => "ChainedInvokeFailed",
            Self::ChainedInvokeTimedOut { .. } => "ChainedInvokeTimedOut",
            Self::ChainedInvokeStopped { .. } => "ChainedInvokeStopped",
            Self::InvocationCompleted { .. } => "InvocationCompleted",
            Self::ExecutionPaused { .. } => "ExecutionPaused",
            Self::ExecutionResumed { .. } => "ExecutionResumed",
        }
    }

    /// The payload or the error of the event, in one line.
    pub fn summary(&self) -> String {
        match self {
            Self::StepSucceeded { result, attempt, next_delay_seconds: Some(delay) } => {
                format!("check {attempt}: {}; again in {delay} s", result.as_deref().unwrap_or("null"))
            }
            Self::ExecutionStarted { input: payload, .. }
            | Self::ExecutionSucceeded { result: payload }
            | Self::ContextSucceeded { result: payload, .. }
            | Self::StepSucceeded { result: payload, .. }
            | Self::ChainedInvokeSucceeded { result: payload }
            | Self::CallbackSucceeded { result: payload } => payload.clone().unwrap_or_default(),
            Self::StepFailed { error, attempt, next_delay_seconds: Some(delay) } => {
                format!("attempt {attempt}: {error}; again in {delay} s")
            }
            Self::ExecutionFailed { error }
            | Self::ExecutionStopped { error }
            | Self::ExecutionTimedOut { error }
            | Self::ChainedInvokeFailed { error }
            | Self::ChainedInvokeTimedOut { error }
            | Self::ChainedInvokeStopped { error }
            | Self::ContextFailed { error }
            | Self::StepFailed { error, .. }
            | Self::CallbackFailed { error }
            | Self::CallbackTimedOut { error }
            | Self::WaitCancelled { error: Some(error) }
            | Self::InvocationCompleted { error: Some(error), .. } => error.to_string(),
            Self::ChainedInvokeStarted { function, input, .. } => {
                format!("{function}({})", input.as_deref().unwrap_or_default())
            }
            Self::ExecutionPaused { reason, .. } | Self::ExecutionResumed { reason, .. } => {
                reason.clone().unwrap_or_default()
            }
            Self::WaitStarted { seconds, .. } => format!("{seconds} s"),
            Self::CallbackStarted { timeout_seconds: Some(timeout), .. } => format!("timeout {timeout} s"),
            Self::CallbackStarted { .. }
            | Self::WaitSucceeded { .. }
            | Self::WaitCancelled { error: None }
            | Self::ContextStarted
            | Self::StepStarted
            | Self::InvocationCompleted { .. } => String::new(),
        }
    }
}

/// One line: number, type, sub-type, name, time, payload.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event_id, timestamp, operation, kind } = self;
        let sub_type = operation.as_ref().map_or("", |operation| operation.kind.sub_type());
        let name = operation.as_ref().and_then(|operation| operation.name.as_ref()).map_or("", Name::as_str);
        let line = format!(
            "{event_id:>4}  {:<19}  {sub_type:<17}  {name:<20}  {timestamp}  {}",
            kind.event_type(),
            kind.summary()
        );
        f.write_str(line.trim_end())
    }
}
