//! From records to state: the same for a live execution and a restored one.

use super::execution::{Execution, Outcome};
use super::pause::Pause;
use super::record::Record;
use crate::model::{CallbackDetail, Detail, Event, EventKind, Identity, Kind, Operation, State, Timestamp};

/// Takes a record into the state. The error says what is wrong with the record.
pub(super) fn fold(execution: &mut Execution, record: &Record) -> Result<(), String> {
    match record {
        Record::Event(event) => fold_event(execution, event),
        Record::Heartbeat { operation, at } => {
            let mut operation = execution.operation(operation).cloned().ok_or("is about an unknown callback")?;
            execution.last_time = execution.last_time.max(*at);
            if let Detail::Callback(callback) = &mut operation.detail {
                callback.heartbeat = callback.heartbeat_seconds.map(|seconds| at.plus_seconds(seconds));
            }
            // A heartbeat is no news to the run, so the operation does not become unseen.
            execution.put(operation);
            Ok(())
        }
        Record::News { operations } => {
            for id in operations {
                let position = execution.index.get(id).ok_or("tells of an unknown operation")?;
                execution.unseen.insert(*position);
            }
            Ok(())
        }
        Record::Pausing { at, reason, pauses_timeout } => {
            execution.last_time = execution.last_time.max(*at);
            execution.pause = Some(Pause::asked_for(*at, reason.clone(), *pauses_timeout));
            Ok(())
        }
    }
}

fn fold_event(execution: &mut Execution, event: &Event) -> Result<(), String> {
    let Event { event_id, timestamp, operation, kind } = event;
    if *event_id != execution.last_event + 1 {
        return Err(format!("has event id {event_id} after {}", execution.last_event));
    }
    if execution.outcome.is_some() {
        return Err("stands after the end of the execution".to_owned());
    }
    execution.last_event = *event_id;
    execution.size.add(kind);
    execution.last_time = execution.last_time.max(*timestamp);
    match operation {
        Some(identity) => fold_operation(execution, identity, *timestamp, kind),
        None => fold_execution(execution, *timestamp, kind),
    }
}

fn fold_execution(execution: &mut Execution, now: Timestamp, kind: &EventKind) -> Result<(), String> {
    match kind {
        EventKind::ExecutionStarted { timeout_seconds, .. } => {
            execution.spec.timeout_seconds = *timeout_seconds;
            execution.started = now;
            Ok(())
        }
        EventKind::InvocationCompleted { error, .. } => {
            // A run only ends by itself when it has seen everything; after a crash the next one is due anyway.
            execution.live = None;
            execution.active_since = None;
            execution.runs += 1;
            execution.crashes = match error {
                None => 0,
                // The engine's own doing says nothing about the code.
                Some(error) if error.is("Runtime.Shutdown") => execution.crashes,
                Some(_) => execution.crashes + 1,
            };
            execution.wants_run = error.is_some();
            execution.unseen.clear();
            Ok(())
        }
        EventKind::ExecutionPaused { requested, reason, pauses_timeout } => {
            execution.pause = Some(Pause::begun(*requested, reason.clone(), *pauses_timeout, now));
            Ok(())
        }
        EventKind::ExecutionResumed { .. } => {
            let pause = execution.pause.take().ok_or("ends a pause that did not begin")?;
            execution.paused_for += pause.moved_timeout(now);
            Ok(())
        }
        other => {
            let outcome = Outcome::of_event(other);
            execution.outcome =
                Some(outcome.ok_or_else(|| format!("is a {} without an operation", other.event_type()))?);
            execution.ended = Some(now);
            execution.live = None;
            execution.pause = None;
            execution.wants_run = false;
            Ok(())
        }
    }
}

fn fold_operation(
    execution: &mut Execution,
    identity: &Identity,
    now: Timestamp,
    kind: &EventKind,
) -> Result<(), String> {
    if is_of_a_run(kind) {
        execution.active_since.get_or_insert(now);
    }
    let known = execution.operation(&identity.id).cloned();
    let operation = match known {
        None => begin(execution, identity, now, kind)?,
        Some(mut operation) => {
            advance(&mut operation, now, kind)?;
            operation
        }
    };
    let ended = operation.state.is_terminal();
    let position = execution.put(operation);
    execution.unseen.insert(position);
    if ended && identity.kind.is_context() {
        execution.abandon_inside(position);
    }
    Ok(())
}

/// Whether only the code's own checkpoints add this event.
fn is_of_a_run(kind: &EventKind) -> bool {
    match kind {
        EventKind::StepStarted
        | EventKind::StepSucceeded { .. }
        | EventKind::StepFailed { .. }
        | EventKind::ContextStarted
        | EventKind::ContextSucceeded { .. }
        | EventKind::ContextFailed { .. }
        | EventKind::WaitStarted { .. }
        | EventKind::ChainedInvokeStarted { .. }
        | EventKind::CallbackStarted { .. } => true,
        EventKind::ExecutionStarted { .. }
        | EventKind::ExecutionSucceeded { .. }
        | EventKind::ExecutionFailed { .. }
        | EventKind::ExecutionStopped { .. }
        | EventKind::ExecutionTimedOut { .. }
        | EventKind::ChainedInvokeSucceeded { .. }
        | EventKind::ChainedInvokeFailed { .. }
        | EventKind::ChainedInvokeTimedOut { .. }
        | EventKind::ChainedInvokeStopped { .. }
        | EventKind::WaitSucceeded { .. }
        | EventKind::WaitCancelled { .. }
        | EventKind::CallbackSucceeded { .. }
        | EventKind::CallbackFailed { .. }
        | EventKind::CallbackTimedOut { .. }
        | EventKind::InvocationCompleted { .. }
        | EventKind::ExecutionPaused { .. }
        | EventKind::ExecutionResumed { .. } => false,
    }
}

/// The operation that this event begins.
fn begin(execution: &Execution, identity: &Identity, now: Timestamp, kind: &EventKind) -> Result<Operation, String> {
    let detail = match (identity.kind, kind) {
        (kind, EventKind::StepStarted) if kind.is_step() => Detail::Step { attempts: 0, polled: None, failed: None },
        (Kind::Wait, EventKind::WaitStarted { until, .. }) => Detail::Wait { until: *until },
        (Kind::Callback, EventKind::CallbackStarted { timeout_seconds, heartbeat_seconds, .. }) => {
            Detail::Callback(CallbackDetail {
                callback_id: execution.key.derive(execution.spec.id, &identity.id),
                timeout: timeout_seconds.map(|seconds| now.plus_seconds(seconds)),
                heartbeat_seconds: *heartbeat_seconds,
                heartbeat: heartbeat_seconds.map(|seconds| now.plus_seconds(seconds)),
            })
        }
        (Kind::ChainedInvoke, EventKind::ChainedInvokeStarted { execution, .. }) => {
            Detail::Invoke { execution: Some(*execution) }
        }
        (kind, EventKind::ContextStarted) if kind.is_context() => Detail::Context { replay_children: false },
        (kind, event) => return Err(format!("is a {} for a {kind} that has not begun", event.event_type())),
    };
    let Identity { id, parent, name, kind } = identity.clone();
    Ok(Operation { id, parent, name, kind, started: now, ended: None, state: State::Started, detail })
}

/// Moves an operation along its legal graph.
fn advance(operation: &mut Operation, now: Timestamp, kind: &EventKind) -> Result<(), String> {
    let state = match &operation.state {
        // The end of the delay is in no record.
        State::Pending { until } if *until <= now => &State::Ready,
        state => state,
    };
    let next = match (state, kind) {
        (State::Pending { .. } | State::Ready, EventKind::StepStarted) => State::Started,
        (State::Started | State::Ready, EventKind::StepSucceeded { next_delay_seconds: Some(delay), .. }) => {
            State::Pending { until: now.plus_seconds(*delay) }
        }
        (State::Started | State::Ready, EventKind::StepSucceeded { result, .. })
        | (
            State::Started,
            EventKind::ContextSucceeded { result, .. }
            | EventKind::CallbackSucceeded { result }
            | EventKind::ChainedInvokeSucceeded { result },
        ) => State::Succeeded(result.clone()),
        (State::Started, EventKind::WaitSucceeded { .. }) => State::Succeeded(None),
        (State::Started, EventKind::WaitCancelled { .. }) => State::Cancelled,
        (State::Started | State::Ready, EventKind::StepFailed { error, next_delay_seconds, .. }) => {
            match next_delay_seconds {
                Some(delay) => State::Pending { until: now.plus_seconds(*delay) },
                None => State::Failed(error.clone()),
            }
        }
        (
            State::Started,
            EventKind::ContextFailed { error }
            | EventKind::CallbackFailed { error }
            | EventKind::ChainedInvokeFailed { error },
        ) => State::Failed(error.clone()),
        (State::Started, EventKind::CallbackTimedOut { error } | EventKind::ChainedInvokeTimedOut { error }) => {
            State::TimedOut(error.clone())
        }
        (State::Started, EventKind::ChainedInvokeStopped { error }) => State::Stopped(error.clone()),
        (state, event) => {
            return Err(format!(
                "is a {} for {} `{}`, which is {:?}",
                event.event_type(),
                operation.kind,
                operation.name.as_ref().map_or("", crate::model::Name::as_str),
                state.status()
            ));
        }
    };
    match (&mut operation.detail, kind) {
        (Detail::Step { attempts, polled, failed }, EventKind::StepSucceeded { result, next_delay_seconds, .. }) => {
            *attempts += 1;
            *polled = next_delay_seconds.and(result.clone());
            *failed = None;
        }
        (Detail::Step { attempts, failed, .. }, EventKind::StepFailed { error, next_delay_seconds, .. }) => {
            *attempts += 1;
            *failed = next_delay_seconds.map(|_| error.clone());
        }
        (Detail::Context { replay_children }, EventKind::ContextSucceeded { replay_children: recorded, .. }) => {
            *replay_children = *recorded;
        }
        _ => {}
    }
    operation.ended = next.is_terminal().then_some(now);
    operation.state = next;
    Ok(())
}

/// Whether the operation will wake a suspended run.
pub(super) fn wakes(operation: &Operation) -> bool {
    match operation.kind {
        Kind::Step | Kind::WaitForCondition => matches!(operation.state, State::Pending { .. }),
        Kind::Wait | Kind::Callback | Kind::ChainedInvoke => operation.state == State::Started,
        _ => false,
    }
}

/// When something happens to the operation by itself.
pub(super) fn deadline(operation: &Operation) -> Option<Timestamp> {
    match (&operation.state, &operation.detail) {
        (State::Pending { until }, _) => Some(*until),
        (State::Started, Detail::Wait { until }) => Some(*until),
        (State::Started, Detail::Callback(callback)) => {
            [callback.timeout, callback.heartbeat].into_iter().flatten().min()
        }
        _ => None,
    }
}
