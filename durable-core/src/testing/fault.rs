//! What goes wrong in a test, and when.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::history::events;
use crate::model::{ErrorObject, Event, EventKind, ExecutionId, Name, OperationUpdate};
use crate::store::Commit;

/// A moment in the life of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Its start is on record and its outcome is not. The start of a step that may run again travels with its outcome,
    /// so there this moment does not exist; an at-most-once step, a timer, a callback and an invoke have it.
    AfterStart,
    /// Its outcome is about to be recorded: a body has had its effect, and nobody will know.
    BeforeCommit,
    /// Its outcome is on record, and the code has not seen it.
    AfterCommit,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The process ends.
    Crash,
    /// The store reports an error, and nobody knows whether the write happened.
    Error,
    /// Another process has taken the execution over.
    Fence,
    /// The invocation takes too long and is cut off.
    Timeout,
}

/// Which write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum At {
    /// What becomes of an operation, at this moment.
    Operation(String, Phase),
    /// The write of this number, counted from 1, before or after it is made.
    Write(u64, Phase),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.wrong {
            Wrong::Crash => "crash_at",
            Wrong::Error => "checkpoint_error",
            Wrong::Fence => "fence_at",
            Wrong::Timeout => "time_out_at",
        };
        match &self.at {
            At::Operation(name, phase) if matches!(self.wrong, Wrong::Crash | Wrong::Error) => {
                write!(f, "{method}(\"{name}\", Phase::{phase:?})")
            }
            At::Operation(name, _) => write!(f, "{method}(\"{name}\")"),
            At::Write(number, phase) => write!(f, "{method}(write {number}, {phase:?})"),
        }
    }
}

/// Something that goes wrong once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) wrong: Wrong,
    pub(super) at: At,
}

impl Fault {
    /// Whether a scenario asks for it, which does not know how many writes there are.
    pub(super) fn is_of_scenario(&self) -> bool {
        matches!(self.at, At::Write(..))
    }
}

/// What goes wrong from now on.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    to_come: Vec<Fault>,
    /// Where it is taken down that what a scenario asks for came to pass, with what was written then.
    struck: Arc<OnceLock<String>>,
    writes: u64,
}

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.plan().to_come.push(fault);
    }

    /// Adds what a scenario asks for, which has it taken down here when it comes to pass.
    pub(super) fn add_noted(&self, fault: Fault, struck: Arc<OnceLock<String>>) {
        let mut plan = self.plan();
        plan.to_come.push(fault);
        plan.struck = struck;
    }

    /// What goes wrong with these commits, and whether it does so before they are made.
    pub(super) fn strike(&self, commits: &[Commit]) -> Option<(Wrong, Phase)> {
        let events: Vec<&Event> =
            commits.iter().filter_map(|commit| commit.row.as_ref()).flat_map(|row| events(&row.records)).collect();
        let mut plan = self.plan();
        if events.is_empty() {
            return None;
        }
        plan.writes += 1;
        let writes = plan.writes;
        let strikes = |fault: &Fault| match &fault.at {
            _ if fault.wrong == Wrong::Timeout => None,
            // One that the test has asked for itself may have come in between.
            At::Write(number, phase) => (*number <= writes).then_some(*phase),
            At::Operation(name, phase) => {
                events.iter().any(|event| is_of(event, name) && happens(event, *phase)).then_some(*phase)
            }
        };
        let (position, phase) =
            plan.to_come.iter().enumerate().find_map(|(position, fault)| Some((position, strikes(fault)?)))?;
        let fault = plan.to_come.remove(position);
        if fault.is_of_scenario() {
            // Of several test engines in the scenario, the first one that is struck is told of.
            plan.struck.get_or_init(|| describe(&events, writes));
        }
        Some((fault.wrong, phase))
    }

    /// The error of an invocation that is cut off when it is about to have these updates recorded.
    pub(super) fn cut(&self, _: ExecutionId, updates: &[OperationUpdate]) -> Option<ErrorObject> {
        let mut plan = self.plan();
        let hits = |fault: &Fault| match &fault.at {
            At::Operation(name, _) if fault.wrong == Wrong::Timeout => {
                updates.iter().any(|update| update.name.as_ref().is_some_and(|given| given.as_str() == name))
            }
            _ => false,
        };
        let position = plan.to_come.iter().position(hits)?;
        plan.to_come.remove(position);
        Some(ErrorObject::new("Sandbox.Timedout", "the invocation took too long"))
    }

    /// What has not come to pass.
    pub(super) fn to_come(&self) -> Vec<Fault> {
        self.plan().to_come.clone()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(event: &Event) -> Option<&Name> {
    event.operation.as_ref()?.name.as_ref()
}

fn is_of(event: &Event, wanted: &str) -> bool {
    name(event).is_some_and(|name| name.as_str() == wanted)
}

fn happens(event: &Event, phase: Phase) -> bool {
    use EventKind::{CallbackStarted, ChainedInvokeStarted, ContextStarted, StepStarted, WaitStarted};
    let starts = matches!(
        event.kind,
        CallbackStarted { .. } | ChainedInvokeStarted { .. } | ContextStarted | StepStarted | WaitStarted { .. }
    );
    starts == (phase == Phase::AfterStart)
}

/// The write in words: `write 3: StepSucceeded charge, WaitStarted pause`.
fn describe(events: &[&Event], number: u64) -> String {
    let words = events.iter().map(|event| match name(event) {
        Some(name) => format!("{} {name}", event.kind.event_type()),
        None => event.kind.event_type().to_owned(),
    });
    format!("write {number}: {}", words.collect::<Vec<_>>().join(", "))
}
