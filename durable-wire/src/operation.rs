//! Operations: where each recorded act of an execution stands.

use durable_core::model::{self, CallbackDetail, CallbackId, Detail, Kind, Name, OperationId, OperationStatus, State};
use serde::{Deserialize, Serialize};

use crate::kind::{EXECUTION, kind, status, status_name};
use crate::time::Time;
use crate::{ErrorObject, Malformed};

/// One operation, with the details of its type; times travel as `T`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are those of AWS's `Operation`")]
pub struct Operation<T> {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Type")]
    pub operation_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<String>,
    pub start_timestamp: T,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub end_timestamp: Option<T>,
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_details: Option<ExecutionDetails>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_details: Option<ContextDetails>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub step_details: Option<StepDetails<T>>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub wait_details: Option<WaitDetails<T>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_details: Option<CallbackDetails>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chained_invoke_details: Option<ChainedInvokeDetails>,
}

/// What is there if nothing is; a derived default would ask for one of `T`.
fn none<T>() -> Option<T> {
    None
}

/// What belongs to an execution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExecutionDetails {
    /// Its input, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_payload: Option<String>,
}

/// What belongs to a context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContextDetails {
    /// Whether a replay runs its code again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_children: Option<bool>,
    /// Its result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Its error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// What belongs to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StepDetails<T> {
    /// How many attempts have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// When the next one may begin.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub next_attempt_timestamp: Option<T>,
    /// Its result, or the state with which a condition is checked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The error of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// What belongs to a timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WaitDetails<T> {
    /// When it is over.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub scheduled_end_timestamp: Option<T>,
}

/// What belongs to a callback.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallbackDetails {
    /// What completes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_id: Option<String>,
    /// Its result, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Its error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

/// What belongs to the invoke of another function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChainedInvokeDetails {
    /// What the function returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Its error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
}

impl<T: Time> Operation<T> {
    /// The operation that stands for the execution itself: the first in every list.
    pub fn execution(id: impl Into<String>, name: &Name, started: model::Timestamp, input: Option<String>) -> Self {
        Self {
            name: Some(name.as_str().to_owned()),
            execution_details: Some(ExecutionDetails { input_payload: input }),
            ..Self::bare(id.into(), EXECUTION, OperationStatus::Started, started)
        }
    }

    /// Whether this is the operation that stands for the execution itself.
    pub fn is_execution(&self) -> bool {
        self.operation_type == EXECUTION
    }

    fn bare(id: String, operation_type: &str, status: OperationStatus, started: model::Timestamp) -> Self {
        Self {
            id,
            parent_id: None,
            name: None,
            operation_type: operation_type.to_owned(),
            sub_type: None,
            start_timestamp: started.into(),
            end_timestamp: None,
            status: status_name(status).to_owned(),
            execution_details: None,
            context_details: None,
            step_details: None,
            wait_details: None,
            callback_details: None,
            chained_invoke_details: None,
        }
    }

    /// The result and the error that the details have, whatever their type.
    fn outcome(&mut self) -> (Option<String>, Option<ErrorObject>) {
        let Self { context_details, step_details, callback_details, chained_invoke_details, .. } = self;
        let context = context_details.as_mut().map(|details| (details.result.take(), details.error.take()));
        let step = step_details.as_mut().map(|details| (details.result.take(), details.error.take()));
        let callback = callback_details.as_mut().map(|details| (details.result.take(), details.error.take()));
        let invoke = chained_invoke_details.as_mut().map(|details| (details.result.take(), details.error.take()));
        context.or(step).or(callback).or(invoke).unwrap_or_default()
    }
}

impl<T: Time> From<model::Operation> for Operation<T> {
    fn from(operation: model::Operation) -> Self {
        let model::Operation { id, parent, name, kind, started, ended, state, detail } = operation;
        let status = state.status();
        let until = match &state {
            State::Pending { until } => Some((*until).into()),
            _ => None,
        };
        let (result, error) = match state {
            State::Succeeded(result) => (result, None),
            State::Failed(error) | State::TimedOut(error) | State::Stopped(error) => (None, Some(error.into())),
            State::Started | State::Pending { .. } | State::Ready | State::Cancelled => (None, None),
        };
        let bare = Self {
            parent_id: parent.map(|parent| parent.as_str().to_owned()),
            name: name.map(String::from),
            sub_type: Some(kind.sub_type().to_owned()),
            end_timestamp: ended.map(T::from),
            ..Self::bare(id.as_str().to_owned(), kind.type_name(), status, started)
        };
        match detail {
            Detail::Step { attempts, polled, failed } => Self {
                step_details: Some(StepDetails {
                    attempt: Some(attempts),
                    next_attempt_timestamp: until,
                    result: result.or(polled),
                    error: error.or(failed.map(Into::into)),
                }),
                ..bare
            },
            Detail::Wait { until } => {
                Self { wait_details: Some(WaitDetails { scheduled_end_timestamp: Some(until.into()) }), ..bare }
            }
            Detail::Callback(CallbackDetail { callback_id, .. }) => {
                let callback_id = Some(callback_id.as_str().to_owned());
                Self { callback_details: Some(CallbackDetails { callback_id, result, error }), ..bare }
            }
            Detail::Context { replay_children } => {
                let replay_children = replay_children.then_some(true);
                Self { context_details: Some(ContextDetails { replay_children, result, error }), ..bare }
            }
            Detail::Invoke { .. } => {
                Self { chained_invoke_details: Some(ChainedInvokeDetails { result, error }), ..bare }
            }
        }
    }
}

/// The error of a callback whose time was over, if the service gave none.
const CALLBACK_TIMEOUT: &str = "Callback.Timeout";

/// Fails for the operation that stands for the execution: look at [`Operation::is_execution`] first.
impl<T: Time> TryFrom<Operation<T>> for model::Operation {
    type Error = Malformed;

    fn try_from(mut operation: Operation<T>) -> Result<Self, Malformed> {
        let kind = kind(&operation.id, &operation.operation_type, operation.sub_type.as_deref())?;
        let status = status(&operation.id, &operation.status)?;
        let detail = detail(&operation, kind)?;
        let (result, error) = operation.outcome();
        let error = model::ErrorObject::from(error.unwrap_or_default());
        let next_attempt = operation.step_details.as_ref().and_then(|details| details.next_attempt_timestamp);
        let state = match status {
            OperationStatus::Started => State::Started,
            // Without a time the next attempt may begin as soon as the service says so.
            OperationStatus::Pending => {
                State::Pending { until: next_attempt.unwrap_or(operation.start_timestamp).into() }
            }
            OperationStatus::Ready => State::Ready,
            // A callback is completed with bytes, and no bytes are no value.
            OperationStatus::Succeeded if kind == Kind::Callback => {
                State::Succeeded(result.filter(|it| !it.is_empty()))
            }
            OperationStatus::Succeeded => State::Succeeded(result),
            OperationStatus::Failed => State::Failed(error),
            OperationStatus::Cancelled => State::Cancelled,
            OperationStatus::TimedOut if kind == Kind::Callback => State::TimedOut(model::ErrorObject {
                error_type: error.error_type.or_else(|| Some(CALLBACK_TIMEOUT.to_owned())),
                ..error
            }),
            OperationStatus::TimedOut => State::TimedOut(error),
            OperationStatus::Stopped => State::Stopped(error),
            _ => return Err(Malformed::Unknown { id: operation.id, what: "status", value: operation.status }),
        };
        let name = operation.name.filter(|name| !name.is_empty()).map(Name::new).transpose();
        let name = name.map_err(|error| Malformed::Invalid { id: operation.id.clone(), what: error.to_string() })?;
        Ok(Self {
            id: OperationId::from_text(operation.id),
            parent: operation.parent_id.map(OperationId::from_text),
            name,
            kind,
            started: operation.start_timestamp.into(),
            ended: operation.end_timestamp.map(T::into),
            state,
            detail,
        })
    }
}

fn detail<T: Time>(operation: &Operation<T>, kind: Kind) -> Result<Detail, Malformed> {
    let missing = |what| Malformed::Missing { id: operation.id.clone(), what };
    Ok(match kind {
        Kind::Step | Kind::WaitForCondition => {
            let details = operation.step_details.as_ref();
            let attempts = details.and_then(|details| details.attempt).unwrap_or(0);
            let ended = operation.end_timestamp.is_some();
            let going_on = details.filter(|_| !ended);
            Detail::Step {
                attempts,
                polled: going_on.and_then(|details| details.result.clone()),
                failed: going_on.and_then(|details| details.error.clone()).map(Into::into),
            }
        }
        Kind::Wait => {
            let until = operation.wait_details.as_ref().and_then(|details| details.scheduled_end_timestamp);
            Detail::Wait { until: until.unwrap_or(operation.start_timestamp).into() }
        }
        Kind::Callback => {
            let id = operation.callback_details.as_ref().and_then(|details| details.callback_id.clone());
            Detail::Callback(CallbackDetail {
                callback_id: CallbackId::from_text(id.ok_or_else(|| missing("callback id"))?),
                timeout: None,
                heartbeat_seconds: None,
                heartbeat: None,
            })
        }
        Kind::ChainedInvoke => Detail::Invoke { execution: None },
        _ => {
            let details = operation.context_details.as_ref();
            Detail::Context { replay_children: details.and_then(|details| details.replay_children).unwrap_or(false) }
        }
    })
}
