//! Updates: what a function asks its service to record.

use durable_core::model::{self, Action, Kind, Name, OperationId, Start};
use serde::{Deserialize, Serialize};

use crate::kind::{EXECUTION, kind};
use crate::{ErrorObject, Malformed};

/// One change to one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are those of AWS's `OperationUpdate`")]
pub struct OperationUpdate {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "Type")]
    pub operation_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<String>,
    pub action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorObject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_options: Option<ContextOptions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_options: Option<StepOptions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_options: Option<WaitOptions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_options: Option<CallbackOptions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chained_invoke_options: Option<ChainedInvokeOptions>,
}

/// What our own model has nothing for.
const NULL: &str = "null";

/// How a context ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContextOptions {
    /// Whether a replay runs its code again, because its result is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_children: Option<bool>,
}

/// How a step is tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StepOptions {
    /// After which delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_delay_seconds: Option<u32>,
}

/// How a timer begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WaitOptions {
    /// How long it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u32>,
}

/// How a callback begins; zero is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallbackOptions {
    /// How long it may stay open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// How long it may stay without a heartbeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_timeout_seconds: Option<u32>,
}

/// What is invoked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChainedInvokeOptions {
    /// The function: a name, or a full or partial ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_name: Option<String>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Where it belongs in a trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_amzn_trace_id: Option<String>,
}

impl OperationUpdate {
    /// The end of the execution itself: the last update that there is, for a result that is too large to be returned.
    pub fn execution(id: impl Into<String>, outcome: Result<Option<String>, model::ErrorObject>) -> Self {
        let (action, payload, error) = match outcome {
            Ok(payload) => ("SUCCEED", payload, None),
            Err(error) => ("FAIL", None, Some(error.into())),
        };
        let (operation_type, action) = (EXECUTION.to_owned(), action.to_owned());
        Self { id: id.into(), operation_type, action, payload, error, ..Self::default() }
    }
}

/// What an update changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An operation.
    Operation(model::OperationUpdate),
    /// The execution itself, which ends.
    Execution(Result<Option<String>, model::ErrorObject>),
}

impl TryFrom<OperationUpdate> for Change {
    type Error = Malformed;

    fn try_from(update: OperationUpdate) -> Result<Self, Malformed> {
        if update.operation_type != EXECUTION {
            return Ok(Self::Operation(update.try_into()?));
        }
        match update.action.as_str() {
            "SUCCEED" => Ok(Self::Execution(Ok(update.payload))),
            "FAIL" => Ok(Self::Execution(Err(update.error.unwrap_or_default().into()))),
            _ => Err(Malformed::Unknown { id: update.id, what: "action", value: update.action }),
        }
    }
}

impl From<model::OperationUpdate> for OperationUpdate {
    fn from(update: model::OperationUpdate) -> Self {
        let model::OperationUpdate { id, parent, name, kind, action } = update;
        let bare = |action: &str| Self {
            id: id.as_str().to_owned(),
            parent_id: parent.as_ref().map(|parent| parent.as_str().to_owned()),
            name: name.as_ref().map(|name| name.as_str().to_owned()),
            operation_type: kind.type_name().to_owned(),
            sub_type: Some(kind.sub_type().to_owned()),
            action: action.to_owned(),
            ..Self::default()
        };
        match action {
            Action::Start(start) => started(bare("START"), start),
            Action::Succeed { payload, replay_children } => {
                let options = replay_children.then_some(ContextOptions { replay_children: Some(true) });
                Self { payload, context_options: options, ..bare("SUCCEED") }
            }
            Action::Fail { error } => Self { error: Some(error.into()), ..bare("FAIL") },
            Action::Cancel { error } => Self { error: error.map(Into::into), ..bare("CANCEL") },
            Action::Retry { attempt, delay_seconds } => {
                let (payload, error) = match attempt {
                    // A retry says either an error or a state, and no state is `null`.
                    Ok(state) => (Some(state.unwrap_or_else(|| NULL.to_owned())), None),
                    Err(error) => (None, Some(error.into())),
                };
                let options = StepOptions { next_attempt_delay_seconds: Some(delay_seconds) };
                Self { payload, error, step_options: Some(options), ..bare("RETRY") }
            }
        }
    }
}

fn started(bare: OperationUpdate, start: Start) -> OperationUpdate {
    match start {
        Start::Plain => bare,
        Start::Wait { seconds } => {
            OperationUpdate { wait_options: Some(WaitOptions { wait_seconds: Some(seconds) }), ..bare }
        }
        Start::Callback { timeout_seconds, heartbeat_seconds } => {
            let options = CallbackOptions { timeout_seconds, heartbeat_timeout_seconds: heartbeat_seconds };
            OperationUpdate { callback_options: Some(options), ..bare }
        }
        // AWS has no timeout of an invoke: what is invoked has that of its function.
        Start::Invoke { function, input, tenant, timeout_seconds: _ } => {
            let options =
                ChainedInvokeOptions { function_name: Some(function.into()), tenant_id: tenant, x_amzn_trace_id: None };
            // Without a payload Lambda would invoke the function with `{}`.
            let payload = Some(input.unwrap_or_else(|| NULL.to_owned()));
            OperationUpdate { payload, chained_invoke_options: Some(options), ..bare }
        }
    }
}

impl TryFrom<OperationUpdate> for model::OperationUpdate {
    type Error = Malformed;

    fn try_from(update: OperationUpdate) -> Result<Self, Malformed> {
        let kind = kind(&update.id, &update.operation_type, update.sub_type.as_deref())?;
        let name = update.name.clone().filter(|name| !name.is_empty()).map(Name::new).transpose();
        let name = name.map_err(|error| Malformed::Invalid { id: update.id.clone(), what: error.to_string() })?;
        let (id, parent) = (OperationId::from_text(update.id.as_str()), update.parent_id.clone());
        let action = action(update, kind)?;
        Ok(Self { id, parent: parent.map(OperationId::from_text), name, kind, action })
    }
}

fn action(update: OperationUpdate, kind: Kind) -> Result<Action, Malformed> {
    let OperationUpdate { id, action, payload, error, context_options, step_options, .. } = update;
    let invalid = |what: &str| Malformed::Invalid { id: id.clone(), what: what.to_owned() };
    Ok(match action.as_str() {
        "START" => {
            let (wait, callback, invoke) =
                (update.wait_options, update.callback_options, update.chained_invoke_options);
            Action::Start(start(&id, kind, payload, wait, callback.unwrap_or_default(), invoke)?)
        }
        "SUCCEED" if error.is_some() => return Err(invalid("a SUCCEED has no error")),
        "SUCCEED" => Action::Succeed {
            payload,
            replay_children: context_options.and_then(|options| options.replay_children).unwrap_or(false),
        },
        "FAIL" if payload.is_some() => return Err(invalid("a FAIL has no payload")),
        "FAIL" => Action::Fail { error: error.unwrap_or_default().into() },
        "CANCEL" if payload.is_some() => return Err(invalid("a CANCEL has no payload")),
        "CANCEL" => Action::Cancel { error: error.map(Into::into) },
        "RETRY" => {
            let delay = step_options.and_then(|options| options.next_attempt_delay_seconds);
            let attempt = match (payload, error) {
                (None, Some(error)) => Err(error.into()),
                (Some(payload), None) => Ok(Some(payload).filter(|payload| payload != NULL)),
                _ => return Err(invalid("a RETRY has either an error or a payload")),
            };
            let missing = || Malformed::Missing { id: id.clone(), what: "StepOptions.NextAttemptDelaySeconds" };
            Action::Retry { attempt, delay_seconds: delay.ok_or_else(missing)? }
        }
        _ => return Err(Malformed::Unknown { id, what: "action", value: action }),
    })
}

fn start(
    id: &str,
    kind: Kind,
    input: Option<String>,
    wait: Option<WaitOptions>,
    callback: CallbackOptions,
    invoke: Option<ChainedInvokeOptions>,
) -> Result<Start, Malformed> {
    let missing = |what| Malformed::Missing { id: id.to_owned(), what };
    Ok(match kind {
        Kind::Wait => {
            let seconds = wait.and_then(|options| options.wait_seconds);
            Start::Wait { seconds: seconds.ok_or_else(|| missing("WaitOptions.WaitSeconds"))? }
        }
        Kind::Callback => {
            let limit = |seconds: Option<u32>| seconds.filter(|seconds| *seconds > 0);
            Start::Callback {
                timeout_seconds: limit(callback.timeout_seconds),
                heartbeat_seconds: limit(callback.heartbeat_timeout_seconds),
            }
        }
        Kind::ChainedInvoke => {
            let options = invoke.unwrap_or_default();
            let function = options.function_name.ok_or_else(|| missing("ChainedInvokeOptions.FunctionName"))?;
            let invalid = |error: model::InvalidName| Malformed::Invalid { id: id.to_owned(), what: error.to_string() };
            let input = input.filter(|input| input != NULL);
            let function = Name::new(function).map_err(invalid)?;
            Start::Invoke { function, input, tenant: options.tenant_id, timeout_seconds: None }
        }
        _ => Start::Plain,
    })
}
