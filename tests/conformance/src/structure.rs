//! What holds for every history.

use std::collections::HashMap;

use durable::{Event, EventKind, Timestamp, model::OperationId};

/// What is wrong with a history, whatever it should be in detail. `nested`: whether contexts follow each other or stand
/// in each other, so that an operation belongs to the last context that has not ended.
pub(crate) fn problems(history: &[Event], nested: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let numbered = history.iter().zip(1..).all(|(event, number)| event.event_id == number);
    if !numbered {
        problems.push("the event ids have gaps".to_owned());
    }
    if !history.is_sorted_by_key(|event| event.timestamp) {
        problems.push("time runs backwards".to_owned());
    }
    if !matches!(history.first().map(|event| &event.kind), Some(EventKind::ExecutionStarted { .. })) {
        problems.push("the first event is not the execution's start".to_owned());
    }
    problems.extend(history.iter().flat_map(unchanging(history)));
    problems.extend(too_early(history));
    if nested {
        problems.extend(strays(history));
    }
    problems
}

/// An operation keeps its name, kind and parent.
fn unchanging(history: &[Event]) -> impl FnMut(&Event) -> Option<String> {
    let mut first = HashMap::new();
    for operation in history.iter().filter_map(|event| event.operation.as_ref()) {
        first.entry(operation.id.clone()).or_insert_with(|| operation.clone());
    }
    move |event| {
        let operation = event.operation.as_ref()?;
        let known = first.get(&operation.id)? == operation;
        (!known).then(|| format!("event {} has another name, kind or parent than before", event.event_id))
    }
}

/// Waits and delays last as long as they say.
fn too_early(history: &[Event]) -> Vec<String> {
    let mut due: HashMap<&OperationId, Timestamp> = HashMap::new();
    let mut problems = Vec::new();
    for event in history {
        let Some(operation) = &event.operation else { continue };
        let early = match &event.kind {
            EventKind::WaitStarted { until, .. } => {
                due.insert(&operation.id, *until);
                false
            }
            EventKind::StepSucceeded { next_delay_seconds: Some(delay), .. }
            | EventKind::StepFailed { next_delay_seconds: Some(delay), .. } => {
                due.insert(&operation.id, event.timestamp.plus_seconds(*delay));
                false
            }
            EventKind::WaitSucceeded { .. } | EventKind::StepStarted => {
                due.remove(&operation.id).is_some_and(|due| event.timestamp < due)
            }
            _ => false,
        };
        if early {
            problems.push(format!("event {} comes too early", event.event_id));
        }
    }
    problems
}

/// Operations that do not belong to the last open context.
fn strays(history: &[Event]) -> Vec<String> {
    let mut open: Vec<&OperationId> = Vec::new();
    let mut problems = Vec::new();
    for event in history {
        let Some(operation) = &event.operation else { continue };
        let ended = matches!(event.kind, EventKind::ContextSucceeded { .. } | EventKind::ContextFailed { .. });
        if ended && open.pop() != Some(&operation.id) {
            problems.push(format!("event {} ends a context before the ones inside it", event.event_id));
        }
        if operation.parent.as_ref() != open.last().copied() {
            problems.push(format!("event {} has the wrong parent", event.event_id));
        }
        if matches!(event.kind, EventKind::ContextStarted) {
            open.push(&operation.id);
        }
    }
    problems
}
