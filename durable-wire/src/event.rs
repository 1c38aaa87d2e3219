//! Events: the entries of a history.

use durable_core::model::{self, EventKind, Name, OperationId};
use serde::{Deserialize, Serialize};

use crate::kind::kind;
use crate::{EpochSeconds, ErrorObject, Malformed};

/// One entry of a history. The details always stand there, also those without a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are those of AWS's `Event`")]
pub struct Event {
    pub event_id: u32,
    pub event_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub event_timestamp: EpochSeconds,
    #[serde(flatten)]
    pub details: EventDetails,
}

/// A payload, or the fact that it is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Payload<P> {
    /// The payload.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub payload: Option<P>,
    /// Whether it was left out.
    #[serde(default)]
    pub truncated: bool,
}

fn none<P>() -> Option<P> {
    None
}

/// Which attempt has ended, and when the next may begin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RetryDetails {
    /// The attempt that has ended, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_attempt: Option<u32>,
    /// After which delay the next one follows, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_delay_seconds: Option<u32>,
}

/// The result of something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResultDetails {
    /// The result as it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Payload<String>>,
}

/// The error of something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorDetails {
    /// The error as it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Payload<ErrorObject>>,
}

/// What belongs to the type of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "variants and fields are those of AWS's event details of the same names")]
pub enum EventDetails {
    #[serde(rename = "ExecutionStartedDetails", rename_all = "PascalCase")]
    ExecutionStarted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload<String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        execution_timeout: Option<u32>,
    },
    #[serde(rename = "ExecutionSucceededDetails")]
    ExecutionSucceeded(ResultDetails),
    #[serde(rename = "ExecutionFailedDetails")]
    ExecutionFailed(ErrorDetails),
    #[serde(rename = "ExecutionStoppedDetails")]
    ExecutionStopped(ErrorDetails),
    #[serde(rename = "ExecutionTimedOutDetails")]
    ExecutionTimedOut(ErrorDetails),
    #[serde(rename = "ContextStartedDetails")]
    ContextStarted {},
    #[serde(rename = "ContextSucceededDetails")]
    ContextSucceeded(ResultDetails),
    #[serde(rename = "ContextFailedDetails")]
    ContextFailed(ErrorDetails),
    #[serde(rename = "WaitStartedDetails", rename_all = "PascalCase")]
    WaitStarted {
        duration: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheduled_end_timestamp: Option<EpochSeconds>,
    },
    #[serde(rename = "WaitSucceededDetails", rename_all = "PascalCase")]
    WaitSucceeded { duration: u32 },
    #[serde(rename = "WaitCancelledDetails")]
    WaitCancelled(ErrorDetails),
    #[serde(rename = "StepStartedDetails")]
    StepStarted {},
    #[serde(rename = "StepSucceededDetails", rename_all = "PascalCase")]
    StepSucceeded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Payload<String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_details: Option<RetryDetails>,
    },
    #[serde(rename = "StepFailedDetails", rename_all = "PascalCase")]
    StepFailed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Payload<ErrorObject>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_details: Option<RetryDetails>,
    },
    #[serde(rename = "CallbackStartedDetails", rename_all = "PascalCase")]
    CallbackStarted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callback_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_timeout: Option<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<u32>,
    },
    #[serde(rename = "CallbackSucceededDetails")]
    CallbackSucceeded(ResultDetails),
    #[serde(rename = "CallbackFailedDetails")]
    CallbackFailed(ErrorDetails),
    #[serde(rename = "CallbackTimedOutDetails")]
    CallbackTimedOut(ErrorDetails),
    #[serde(rename = "ChainedInvokeStartedDetails", rename_all = "PascalCase")]
    ChainedInvokeStarted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        function_name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Payload<String>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        executed_version: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        durable_execution_arn: Option<String>,
    },
    #[serde(rename = "ChainedInvokeSucceededDetails")]
    ChainedInvokeSucceeded(ResultDetails),
    #[serde(rename = "ChainedInvokeFailedDetails")]
    ChainedInvokeFailed(ErrorDetails),
    #[serde(rename = "ChainedInvokeTimedOutDetails")]
    ChainedInvokeTimedOut(ErrorDetails),
    #[serde(rename = "ChainedInvokeStoppedDetails")]
    ChainedInvokeStopped(ErrorDetails),
    #[serde(rename = "InvocationCompletedDetails", rename_all = "PascalCase")]
    InvocationCompleted {
        start_timestamp: EpochSeconds,
        end_timestamp: EpochSeconds,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Payload<ErrorObject>>,
    },
    #[serde(rename = "ExecutionPausedDetails", rename_all = "PascalCase")]
    ExecutionPaused {
        pause_request_timestamp: EpochSeconds,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Payload<String>>,
        execution_timeout_paused: bool,
    },
    #[serde(rename = "ExecutionResumedDetails", rename_all = "PascalCase")]
    ExecutionResumed {
        resume_request_timestamp: EpochSeconds,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Payload<String>>,
    },
}

impl Event {
    /// An event as it travels; without its payloads and errors, unless `with_data`.
    ///
    /// The ARN of an execution that was invoked is its id here: whoever knows in which function it runs fills it in.
    /// Nothing for an event of a kind that has no place in AWS's model.
    pub fn of(event: model::Event, with_data: bool) -> Option<Self> {
        let model::Event { event_id, timestamp, operation, kind } = event;
        let event_type = kind.event_type().to_owned();
        let details = Wrap { with_data }.details(kind, timestamp)?;
        let (sub_type, id, parent_id, name) = match operation {
            Some(model::Identity { id, parent, name, kind }) => (
                Some(kind.sub_type().to_owned()),
                Some(id.as_str().to_owned()),
                parent.map(|parent| parent.as_str().to_owned()),
                name.map(String::from),
            ),
            None => (None, None, None, None),
        };
        Some(Self { event_id, event_type, sub_type, id, parent_id, name, event_timestamp: timestamp.into(), details })
    }
}

/// Puts payloads and errors where they travel.
struct Wrap {
    with_data: bool,
}

impl Wrap {
    fn payload(&self, payload: Option<String>) -> Option<Payload<String>> {
        Some(match self.with_data {
            true => Payload { payload, truncated: false },
            false => Payload { truncated: payload.is_some(), payload: None },
        })
    }

    /// What people say of a pause; nothing if they say nothing.
    fn reason(&self, reason: Option<String>) -> Option<Payload<String>> {
        reason.and_then(|reason| self.payload(Some(reason)))
    }

    fn error(&self, error: model::ErrorObject) -> Option<Payload<ErrorObject>> {
        Some(Payload { payload: self.with_data.then(|| error.into()), truncated: !self.with_data })
    }

    fn result_details(&self, result: Option<String>) -> ResultDetails {
        ResultDetails { result: self.payload(result) }
    }

    fn error_details(&self, error: model::ErrorObject) -> ErrorDetails {
        ErrorDetails { error: self.error(error) }
    }

    fn details(&self, kind: EventKind, at: model::Timestamp) -> Option<EventDetails> {
        use {EventDetails as D, EventKind as E};
        let retry =
            |attempt, delay| Some(RetryDetails { current_attempt: Some(attempt), next_attempt_delay_seconds: delay });
        Some(match kind {
            E::ExecutionStarted { input, timeout_seconds } => {
                D::ExecutionStarted { input: self.payload(input), execution_timeout: timeout_seconds }
            }
            E::ExecutionSucceeded { result } => D::ExecutionSucceeded(self.result_details(result)),
            E::ExecutionFailed { error } => D::ExecutionFailed(self.error_details(error)),
            E::ExecutionStopped { error } => D::ExecutionStopped(self.error_details(error)),
            E::ExecutionTimedOut { error } => D::ExecutionTimedOut(self.error_details(error)),
            E::ContextStarted => D::ContextStarted {},
            E::ContextSucceeded { result, .. } => D::ContextSucceeded(self.result_details(result)),
            E::ContextFailed { error } => D::ContextFailed(self.error_details(error)),
            E::WaitStarted { seconds, until } => {
                D::WaitStarted { duration: seconds, scheduled_end_timestamp: Some(until.into()) }
            }
            E::WaitSucceeded { seconds } => D::WaitSucceeded { duration: seconds },
            E::WaitCancelled { error: Some(error) } => D::WaitCancelled(self.error_details(error)),
            E::WaitCancelled { error: None } => D::WaitCancelled(ErrorDetails::default()),
            E::StepStarted => D::StepStarted {},
            E::StepSucceeded { result, attempt, next_delay_seconds } => {
                D::StepSucceeded { result: self.payload(result), retry_details: retry(attempt, next_delay_seconds) }
            }
            E::StepFailed { error, attempt, next_delay_seconds } => {
                D::StepFailed { error: self.error(error), retry_details: retry(attempt, next_delay_seconds) }
            }
            E::CallbackStarted { callback_id, timeout_seconds, heartbeat_seconds } => D::CallbackStarted {
                callback_id: callback_id.map(|id| id.as_str().to_owned()),
                heartbeat_timeout: heartbeat_seconds,
                timeout: timeout_seconds,
            },
            E::CallbackSucceeded { result } => D::CallbackSucceeded(self.result_details(result)),
            E::CallbackFailed { error } => D::CallbackFailed(self.error_details(error)),
            E::CallbackTimedOut { error } => D::CallbackTimedOut(self.error_details(error)),
            E::ChainedInvokeStarted { function, version, input, tenant, timeout_seconds: _, execution } => {
                D::ChainedInvokeStarted {
                    function_name: Some(function.into()),
                    tenant_id: tenant,
                    input: self.payload(input),
                    executed_version: version,
                    durable_execution_arn: Some(execution.to_string()),
                }
            }
            E::ChainedInvokeSucceeded { result } => D::ChainedInvokeSucceeded(self.result_details(result)),
            E::ChainedInvokeFailed { error } => D::ChainedInvokeFailed(self.error_details(error)),
            E::ChainedInvokeTimedOut { error } => D::ChainedInvokeTimedOut(self.error_details(error)),
            E::ChainedInvokeStopped { error } => D::ChainedInvokeStopped(self.error_details(error)),
            E::InvocationCompleted { started, request_id, error } => D::InvocationCompleted {
                start_timestamp: started.into(),
                end_timestamp: at.into(),
                request_id: Some(request_id),
                error: error.and_then(|error| self.error(error)),
            },
            E::ExecutionPaused { requested, reason, pauses_timeout } => D::ExecutionPaused {
                pause_request_timestamp: requested.into(),
                reason: self.reason(reason),
                execution_timeout_paused: pauses_timeout,
            },
            E::ExecutionResumed { requested, reason } => {
                D::ExecutionResumed { resume_request_timestamp: requested.into(), reason: self.reason(reason) }
            }
            _ => return None,
        })
    }
}

/// What a history elsewhere says, in our words. What the wire does not tell is as if it were not so: whether a context's
/// code runs again on a replay, and which execution was invoked unless its id is a UUID.
impl TryFrom<Event> for model::Event {
    type Error = Malformed;

    fn try_from(event: Event) -> Result<Self, Malformed> {
        let Event { event_id, event_type: _, sub_type, id, parent_id, name, event_timestamp, details } = event;
        let operation = match (id, details.type_name()) {
            (Some(id), Some(type_name)) => {
                let kind = kind(&id, type_name, sub_type.as_deref())?;
                let name = name.filter(|name| !name.is_empty()).map(Name::new).transpose();
                let name = name.map_err(|error| Malformed::Invalid { id: id.clone(), what: error.to_string() })?;
                let (id, parent) = (OperationId::from_text(id), parent_id.map(OperationId::from_text));
                Some(model::Identity { id, parent, name, kind })
            }
            _ => None,
        };
        Ok(Self { event_id, timestamp: event_timestamp.into(), operation, kind: details.try_into()? })
    }
}

impl EventDetails {
    /// The type of the operation that the event is about.
    const fn type_name(&self) -> Option<&'static str> {
        match self {
            Self::ContextStarted {} | Self::ContextSucceeded(_) | Self::ContextFailed(_) => Some("CONTEXT"),
            Self::WaitStarted { .. } | Self::WaitSucceeded { .. } | Self::WaitCancelled(_) => Some("WAIT"),
            Self::StepStarted {} | Self::StepSucceeded { .. } | Self::StepFailed { .. } => Some("STEP"),
            Self::CallbackStarted { .. }
            | Self::CallbackSucceeded(_)
            | Self::CallbackFailed(_)
            | Self::CallbackTimedOut(_) => Some("CALLBACK"),
            Self::ChainedInvokeStarted { .. }
            | Self::ChainedInvokeSucceeded(_)
            | Self::ChainedInvokeFailed(_)
            | Self::ChainedInvokeTimedOut(_)
            | Self::ChainedInvokeStopped(_) => Some("CHAINED_INVOKE"),
            Self::ExecutionStarted { .. }
            | Self::ExecutionSucceeded(_)
            | Self::ExecutionFailed(_)
            | Self::ExecutionStopped(_)
            | Self::ExecutionTimedOut(_)
            | Self::ExecutionPaused { .. }
            | Self::ExecutionResumed { .. }
            | Self::InvocationCompleted { .. } => None,
        }
    }
}

impl TryFrom<EventDetails> for EventKind {
    type Error = Malformed;

    fn try_from(details: EventDetails) -> Result<Self, Malformed> {
        use EventDetails as D;
        let payload = |payload: Option<Payload<String>>| payload.and_then(|payload| payload.payload);
        let result = |details: ResultDetails| payload(details.result);
        let object = |error: Option<Payload<ErrorObject>>| error.and_then(|error| error.payload).map(Into::into);
        let error = |details: ErrorDetails| object(details.error).unwrap_or_default();
        let attempt =
            |retry: &Option<RetryDetails>| retry.as_ref().and_then(|retry| retry.current_attempt).unwrap_or(1);
        let delay = |retry: Option<RetryDetails>| retry.and_then(|retry| retry.next_attempt_delay_seconds);
        Ok(match details {
            D::ExecutionStarted { input, execution_timeout } => {
                Self::ExecutionStarted { input: payload(input), timeout_seconds: execution_timeout }
            }
            D::ExecutionSucceeded(details) => Self::ExecutionSucceeded { result: result(details) },
            D::ExecutionFailed(details) => Self::ExecutionFailed { error: error(details) },
            D::ExecutionStopped(details) => Self::ExecutionStopped { error: error(details) },
            D::ExecutionTimedOut(details) => Self::ExecutionTimedOut { error: error(details) },
            D::ContextStarted {} => Self::ContextStarted,
            D::ContextSucceeded(details) => Self::ContextSucceeded { result: result(details), replay_children: false },
            D::ContextFailed(details) => Self::ContextFailed { error: error(details) },
            D::WaitStarted { duration, scheduled_end_timestamp } => {
                let until = scheduled_end_timestamp.map_or(model::Timestamp::from_millis(0), Into::into);
                Self::WaitStarted { seconds: duration, until }
            }
            D::WaitSucceeded { duration } => Self::WaitSucceeded { seconds: duration },
            D::WaitCancelled(ErrorDetails { error }) => Self::WaitCancelled { error: object(error) },
            D::StepStarted {} => Self::StepStarted,
            D::StepSucceeded { result, retry_details } => Self::StepSucceeded {
                result: payload(result),
                attempt: attempt(&retry_details),
                next_delay_seconds: delay(retry_details),
            },
            D::StepFailed { error, retry_details } => Self::StepFailed {
                error: object(error).unwrap_or_default(),
                attempt: attempt(&retry_details),
                next_delay_seconds: delay(retry_details),
            },
            D::CallbackStarted { callback_id, heartbeat_timeout, timeout } => Self::CallbackStarted {
                callback_id: callback_id.map(model::CallbackId::from_text),
                timeout_seconds: timeout.filter(|seconds| *seconds > 0),
                heartbeat_seconds: heartbeat_timeout.filter(|seconds| *seconds > 0),
            },
            D::CallbackSucceeded(details) => Self::CallbackSucceeded { result: result(details) },
            D::CallbackFailed(details) => Self::CallbackFailed { error: error(details) },
            D::CallbackTimedOut(details) => Self::CallbackTimedOut { error: error(details) },
            D::ChainedInvokeStarted { function_name, tenant_id, input, executed_version, durable_execution_arn } => {
                let arn = durable_execution_arn.unwrap_or_default();
                Self::ChainedInvokeStarted {
                    function: Name::new(function_name.unwrap_or_default())
                        .map_err(|error| Malformed::Invalid { id: String::new(), what: error.to_string() })?,
                    version: executed_version,
                    // Nothing stands for `null`, which has to be said when something is invoked.
                    input: payload(input).filter(|input| input != "null"),
                    tenant: tenant_id,
                    timeout_seconds: None,
                    execution: model::ExecutionId::of_text(arn.rsplit('/').next().unwrap_or(&arn)),
                }
            }
            D::ChainedInvokeSucceeded(details) => Self::ChainedInvokeSucceeded { result: result(details) },
            D::ChainedInvokeFailed(details) => Self::ChainedInvokeFailed { error: error(details) },
            D::ChainedInvokeTimedOut(details) => Self::ChainedInvokeTimedOut { error: error(details) },
            D::ChainedInvokeStopped(details) => Self::ChainedInvokeStopped { error: error(details) },
            D::ExecutionPaused { pause_request_timestamp, reason, execution_timeout_paused } => {
                let requested = pause_request_timestamp.into();
                Self::ExecutionPaused { requested, reason: payload(reason), pauses_timeout: execution_timeout_paused }
            }
            D::ExecutionResumed { resume_request_timestamp, reason } => {
                Self::ExecutionResumed { requested: resume_request_timestamp.into(), reason: payload(reason) }
            }
            D::InvocationCompleted { start_timestamp, end_timestamp: _, request_id, error } => {
                Self::InvocationCompleted {
                    started: start_timestamp.into(),
                    request_id: request_id.unwrap_or_default(),
                    error: object(error),
                }
            }
        })
    }
}
