//! A run that has ended, to be looked at.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::drive::Driver;
use super::failure::{At, fail, listed};
use super::history::{self, History};
use crate::engine::{ReadOutcome, RunError, Typed};
use crate::model::{ErrorObject, Event, EventKind, ExecutionId, Name};
use crate::operation::Definition;
use crate::service::{Outcome, Record};
use crate::value::{CodecError, Recorded, from_json};

/// What came of a test's execution: its result, and all that is on record.
///
/// It is shown as its history, one line for each event.
pub struct TestRun<D> {
    root: ExecutionId,
    executions: Vec<History>,
    definition: PhantomData<fn() -> D>,
}

impl<D: Definition> TestRun<D> {
    pub(super) fn of(driver: &Driver) -> Self {
        let executions = driver.everything().iter().map(History::of).collect();
        let root = driver.root.unwrap_or_else(|| ExecutionId::from_bytes([0; 16]));
        Self { root, executions, definition: PhantomData }
    }

    /// The run with this history, of an execution that ended elsewhere.
    pub fn of_history(history: History) -> Self {
        Self { root: history.spec.id, executions: vec![history], definition: PhantomData }
    }

    /// What the function returned.
    ///
    /// **Errors:** [`RunError`] if it did not return: it was stopped, timed out, or failed with an error that its type has
    /// no place for.
    pub fn output(&self) -> Result<D::Output, RunError> {
        let outcome = events(self.records()).find_map(|event| Outcome::of_event(&event.kind));
        let recorded = match outcome {
            Some(Outcome::Succeeded(payload)) => Recorded::Succeeded(payload),
            Some(Outcome::Failed(error)) => Recorded::Failed(error),
            Some(Outcome::TimedOut(error)) => return Err(RunError::TimedOut(error)),
            Some(Outcome::Stopped(error)) => return Err(RunError::Stopped(error)),
            None => return Err(RunError::Failed(ErrorObject::new("NotEnded", "the execution has not ended"))),
        };
        Typed::<D>::read(recorded).map_err(|error| match error {
            CodecError::NoError(error) => RunError::Failed(error),
            unreadable => RunError::Unreadable(unreadable),
        })
    }

    /// The recorded result of the step, or of any operation, of this name; the last one if there are several.
    ///
    /// Fails the test if there is none, or if it is no `T`.
    #[track_caller]
    pub fn step<T: DeserializeOwned>(&self, name: &str) -> T {
        let at = Location::caller();
        match self.ended(name, at) {
            Ok(payload) => from_json(payload.as_deref()).unwrap_or_else(|error| {
                fail(at, format!("the result of `{name}` is {}: {error}", payload.as_deref().unwrap_or("null")))
            }),
            Err(error) => fail(at, format!("`{name}` failed: {error}")),
        }
    }

    /// The recorded error of the operation of this name; the last one if there are several.
    ///
    /// Fails the test if it did not fail.
    #[track_caller]
    pub fn step_error(&self, name: &str) -> ErrorObject {
        let at = Location::caller();
        match self.ended(name, at) {
            Ok(payload) => fail(at, format!("`{name}` did not fail, it gave {}", payload.as_deref().unwrap_or("null"))),
            Err(error) => error,
        }
    }

    fn ended(&self, name: &str, at: At) -> Result<Option<String>, ErrorObject> {
        let ends = events(self.records()).filter(|event| is_of(event, name)).filter_map(|event| end(&event.kind));
        ends.last().unwrap_or_else(|| fail(at, self.unknown(name)))
    }

    /// How many attempts of the step of this name are on record; of all of them, if there are several.
    #[track_caller]
    pub fn attempts(&self, name: &str) -> usize {
        let of_name: Vec<_> = events(self.records()).filter(|event| is_of(event, name)).collect();
        if of_name.is_empty() {
            fail(Location::caller(), self.unknown(name));
        }
        let ended =
            |event: &&&Event| matches!(event.kind, EventKind::StepSucceeded { .. } | EventKind::StepFailed { .. });
        of_name.iter().filter(ended).count()
    }

    /// How often an operation of this name was performed; 0 if never.
    pub fn count(&self, name: &str) -> usize {
        let operations = events(self.records()).filter(|event| is_of(event, name));
        let ids = operations.filter_map(|event| event.operation.as_ref().map(|operation| operation.id.clone()));
        ids.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// How often the function was invoked: once, and once more after each suspension and each crash.
    pub fn invocations(&self) -> usize {
        events(self.records()).filter(|event| matches!(event.kind, EventKind::InvocationCompleted { .. })).count()
    }

    /// How long it took on the test's clock.
    pub fn duration(&self) -> Duration {
        let mut times = events(self.records()).map(|event| event.timestamp);
        let first = times.next();
        first.zip(times.last()).map(|(first, last)| last.since(first)).unwrap_or_default()
    }

    /// Its events, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        events(self.records())
    }

    /// Its history, to be kept in a file.
    #[track_caller]
    pub fn history(&self) -> History {
        let root = self.root().cloned();
        root.unwrap_or_else(|| fail(Location::caller(), "the execution was never started"))
    }

    /// One line for each event, without ids and with the time since the start: the same for each run of the test, so made
    /// for snapshots.
    pub fn normalised(&self) -> String {
        history::normalised(self.records())
    }

    /// The histories of the executions of this function that it invoked, oldest first.
    pub fn invoked(&self, function: &str) -> Vec<History> {
        let is_invoked =
            |history: &&History| history.spec.id != self.root && history.spec.function.as_str() == function;
        let mut invoked: Vec<_> = self.executions.iter().filter(is_invoked).cloned().collect();
        invoked.sort_by_key(|history| history.events().next().map(|event| event.timestamp));
        invoked
    }

    fn root(&self) -> Option<&History> {
        self.executions.iter().find(|history| history.spec.id == self.root)
    }

    fn records(&self) -> &[Record] {
        self.root().map(|history| history.records.as_slice()).unwrap_or_default()
    }

    fn unknown(&self, name: &str) -> String {
        let names = events(self.records()).filter_map(|event| event.operation.as_ref()?.name.as_ref());
        format!("no operation called `{name}` is on record; there are: {}", listed(names.map(Name::as_str)))
    }
}

impl<D, T, E> TestRun<D>
where
    D: Definition<Output = Result<T, E>>,
{
    /// What the function returned, with its error as [`RunError::Returned`].
    pub fn result(&self) -> Result<T, RunError<E>> {
        match self.output() {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(RunError::Returned(error)),
            Err(error) => Err(error.widen()),
        }
    }
}

impl<D: Definition> fmt::Display for TestRun<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.normalised())
    }
}

impl<D: Definition> fmt::Debug for TestRun<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn events(records: &[Record]) -> impl Iterator<Item = &Event> {
    history::events(records)
}

fn is_of(event: &Event, name: &str) -> bool {
    event.operation.as_ref().and_then(|operation| operation.name.as_ref()).is_some_and(|given| given.as_str() == name)
}

/// How the operation ended that this event is about, if it is about an end.
fn end(kind: &EventKind) -> Option<Result<Option<String>, ErrorObject>> {
    use EventKind as E;
    match kind {
        E::StepSucceeded { next_delay_seconds: Some(_), .. } | E::StepFailed { next_delay_seconds: Some(_), .. } => {
            None
        }
        E::StepSucceeded { result, .. }
        | E::ContextSucceeded { result, .. }
        | E::CallbackSucceeded { result }
        | E::ChainedInvokeSucceeded { result } => Some(Ok(result.clone())),
        E::WaitSucceeded { .. } => Some(Ok(None)),
        E::WaitCancelled { error } => Some(Err(error.clone().unwrap_or_default())),
        E::StepFailed { error, .. }
        | E::ContextFailed { error }
        | E::CallbackFailed { error }
        | E::CallbackTimedOut { error }
        | E::ChainedInvokeFailed { error }
        | E::ChainedInvokeTimedOut { error }
        | E::ChainedInvokeStopped { error } => Some(Err(error.clone())),
        _ => None,
    }
}
