//! Events, one line each.

use std::time::Duration;

use durable_core::model::Timestamp;
use durable_wire::event::{EventDetails, Payload, RetryDetails};
use durable_wire::{ErrorObject, Event};

use super::execution::one_line;
use super::span::span;
use super::{one_line_of, short};

/// The columns before the details.
const BEFORE: u16 = 60;

/// A history, with the time since its beginning.
pub(crate) fn history(events: &[Event], width: u16) -> String {
    let first = events.first().map(|event| event.event_timestamp.into());
    let lines = events.iter().map(|event| event_line(event, first.unwrap_or(event.event_timestamp.into()), width));
    let began = first.map(|first: Timestamp| format!("began {first}\n")).unwrap_or_default();
    std::iter::once(began).chain(lines).collect()
}

/// An event, with the time since the first.
pub(crate) fn event_line(event: &Event, first: Timestamp, width: u16) -> String {
    let at: Timestamp = event.event_timestamp.into();
    let since = format!("+{}", span(at.since(first)));
    let name = one_line_of(event.name.as_deref().unwrap_or_default());
    let details = short(&details(&event.details), usize::from(width.saturating_sub(BEFORE).max(20)));
    let line = format!("{:>5}  {since:<12}  {:<22}  {name:<14}  {details}", event.event_id, event.event_type);
    format!("{}\n", line.trim_end())
}

/// Whether an event ends its execution.
pub(crate) fn is_end(event: &Event) -> bool {
    use EventDetails as D;
    matches!(
        event.details,
        D::ExecutionSucceeded(_) | D::ExecutionFailed(_) | D::ExecutionStopped(_) | D::ExecutionTimedOut(_)
    )
}

fn details(details: &EventDetails) -> String {
    use EventDetails as D;
    match details {
        D::ExecutionStarted { input, .. } => payload(input),
        D::ExecutionSucceeded(of)
        | D::ContextSucceeded(of)
        | D::CallbackSucceeded(of)
        | D::ChainedInvokeSucceeded(of) => payload(&of.result),
        D::ExecutionFailed(of)
        | D::ExecutionStopped(of)
        | D::ExecutionTimedOut(of)
        | D::ContextFailed(of)
        | D::WaitCancelled(of)
        | D::CallbackFailed(of)
        | D::CallbackTimedOut(of)
        | D::ChainedInvokeFailed(of)
        | D::ChainedInvokeTimedOut(of)
        | D::ChainedInvokeStopped(of) => error(&of.error),
        D::ContextStarted {} | D::StepStarted {} => String::new(),
        D::WaitStarted { duration, .. } | D::WaitSucceeded { duration } => {
            span(Duration::from_secs((*duration).into()))
        }
        D::StepSucceeded { result, retry_details } => format!("{}{}", payload(result), again(retry_details.as_ref())),
        D::StepFailed { error: failed, retry_details } => {
            format!("{}{}", error(failed), again(retry_details.as_ref()))
        }
        D::CallbackStarted { callback_id, .. } => callback_id.clone().unwrap_or_default(),
        D::ChainedInvokeStarted { function_name, input, .. } => {
            format!("{} {}", function_name.as_deref().unwrap_or_default(), payload(input))
        }
        D::InvocationCompleted { start_timestamp, end_timestamp, error: crash, .. } => {
            let (began, ended): (Timestamp, Timestamp) = ((*start_timestamp).into(), (*end_timestamp).into());
            let crash = crash.as_ref().and_then(|crash| crash.payload.as_ref());
            let crash = crash.map(|crash| format!(", {}", one_line(crash))).unwrap_or_default();
            format!("ran {}{crash}", span(ended.since(began)))
        }
        D::ExecutionPaused { reason, .. } | D::ExecutionResumed { reason, .. } => {
            reason.as_ref().and_then(|reason| reason.payload.clone()).unwrap_or_default()
        }
    }
}

fn payload(payload: &Option<Payload<String>>) -> String {
    payload.as_ref().and_then(|payload| payload.payload.clone()).unwrap_or_default()
}

fn error(error: &Option<Payload<ErrorObject>>) -> String {
    error.as_ref().and_then(|error| error.payload.as_ref()).map(one_line).unwrap_or_default()
}

/// When the next attempt follows, if one does.
fn again(retry: Option<&RetryDetails>) -> String {
    let delay = retry.and_then(|retry| retry.next_attempt_delay_seconds);
    delay.map(|delay| format!(" (again in {})", span(Duration::from_secs(delay.into())))).unwrap_or_default()
}
