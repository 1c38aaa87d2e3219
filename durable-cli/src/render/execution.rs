//! One execution as a whole.

use durable_core::model::Timestamp;
use durable_server::body::Execution;
use durable_wire::ErrorObject;
use durable_wire::api::DurableExecution;

use super::span::span;
use super::{id_of, short_id, status};
use crate::source::has_ended;

/// An execution, and why it is parked if it is.
pub(crate) fn described(described: &DurableExecution, listed: &Execution, program: &str) -> String {
    let mut text = execution(described, program);
    if let Some(reason) = &listed.parked {
        line(&mut text, "parked", reason);
        line(&mut text, "", &format!("run code that fits, then: {program} resume {}", short_id(&listed.id)));
    }
    if let Some(due) = &listed.due {
        line(&mut text, "due", due);
    }
    text
}

/// An execution.
pub(crate) fn execution(execution: &DurableExecution, program: &str) -> String {
    let started: Timestamp = execution.start_timestamp.into();
    let ended: Option<Timestamp> = execution.end_timestamp.map(Into::into);
    let mut text = String::new();
    line(&mut text, "status", &status(&execution.status));
    line(&mut text, "name", &execution.durable_execution_name);
    line(&mut text, "id", id_of(&execution.durable_execution_arn));
    line(&mut text, "arn", &execution.durable_execution_arn);
    line(&mut text, "started", &started.to_string());
    if let Some(ended) = ended {
        line(&mut text, "ended", &format!("{ended}, after {}", span(ended.since(started))));
    }
    if let Some(pause) = &execution.pause_details {
        let since: Timestamp = pause.pause_request_timestamp.into();
        let reason = pause.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        line(&mut text, "paused", &format!("{since}{reason}"));
    }
    if let Some(input) = &execution.input_payload {
        line(&mut text, "input", &pretty(input));
    }
    if let Some(result) = &execution.result {
        line(&mut text, "result", &pretty(result));
    }
    if let Some(error) = &execution.error {
        line(&mut text, "error", &one_line(error));
        for trace in error.stack_trace.iter().flatten() {
            line(&mut text, "", trace);
        }
    }
    if !has_ended(&execution.status) {
        let id = short_id(id_of(&execution.durable_execution_arn)).to_owned();
        line(&mut text, "next", &format!("{program} history {id} --follow"));
    }
    text
}

/// An error on one line.
pub(super) fn one_line(error: &ErrorObject) -> String {
    match (error.error_type.as_deref(), error.error_message.as_deref()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "an error that says nothing".to_owned(),
    }
}

/// JSON that is easy to read, and what is no JSON as it is.
fn pretty(payload: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(payload);
    value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| payload.to_owned())
}

/// A line with its label; further lines stand below the first.
fn line(text: &mut String, label: &str, value: &str) {
    for (number, part) in value.lines().enumerate() {
        let label = if number == 0 { label } else { "" };
        text.push_str(format!("{label:<9}{part}").trim_end());
        text.push('\n');
    }
}
