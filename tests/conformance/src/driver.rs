//! Carries a row out: starts its execution, and does what happens to it from outside.

use std::time::{Duration, Instant};

use durable::model::Clock;
use durable::{CallbackId, Engine, EngineError, ErrorObject, Event, EventKind, ExecutionId, Timestamp};

use crate::pattern::Pattern;
use crate::row::{Action, Row};

/// How long a row may take; what its history is then is compared.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the history is looked at, as a client would that can't be told.
const LOOK: Duration = Duration::from_millis(10);

/// An execution, for whoever looks at it from outside.
pub trait Outside {
    /// Why something could not be done.
    type Error;

    /// What has happened so far.
    fn history(&self) -> impl Future<Output = Result<Vec<Event>, Self::Error>>;

    /// Keeps a callback alive.
    fn heartbeat(&self, callback: &CallbackId) -> impl Future<Output = Result<(), Self::Error>>;

    /// Completes a callback with this text.
    fn succeed(&self, callback: &CallbackId, payload: Option<&str>) -> impl Future<Output = Result<(), Self::Error>>;

    /// Completes a callback with an error.
    fn fail(&self, callback: &CallbackId, error: ErrorObject) -> impl Future<Output = Result<(), Self::Error>>;
}

/// An execution of an engine in this process.
struct Embedded<'a> {
    engine: &'a Engine,
    id: ExecutionId,
}

impl Outside for Embedded<'_> {
    type Error = EngineError;

    async fn history(&self) -> Result<Vec<Event>, EngineError> {
        self.engine.history(self.id).await
    }

    async fn heartbeat(&self, callback: &CallbackId) -> Result<(), EngineError> {
        self.engine.heartbeat_callback(callback).await
    }

    async fn succeed(&self, callback: &CallbackId, payload: Option<&str>) -> Result<(), EngineError> {
        self.engine.complete_callback_with(callback, payload.map(str::to_owned)).await
    }

    async fn fail(&self, callback: &CallbackId, error: ErrorObject) -> Result<(), EngineError> {
        self.engine.fail_callback(callback, error).await
    }
}

/// Starts the row's execution, or goes on with it, until it has ended or waits for something that never happens.
/// Returns its history.
pub async fn run(engine: &Engine, clock: &dyn Clock, row: &Row) -> Result<Vec<Event>, EngineError> {
    let run = engine.start_json(row.function, row.input).name(row.id).await?;
    drive(&Embedded { engine, id: run.id() }, clock, row).await
}

/// Does to a row's execution what happens from outside, until it has ended or waits for something that never happens.
/// Returns its history.
pub async fn drive<O: Outside>(execution: &O, clock: &dyn Clock, row: &Row) -> Result<Vec<Event>, O::Error> {
    let ends = Pattern::parse(row.events).is_ok_and(|pattern| pattern.ends());
    let mut heartbeats = 0;
    let started = Instant::now();
    loop {
        let history = execution.history().await?;
        if is_over(&history, ends) || started.elapsed() > PATIENCE {
            return Ok(history);
        }
        if let Some(Next { due, callback, action }) = next_action(row.driver, &history, heartbeats)
            && due <= clock.now()
        {
            match action {
                Action::Heartbeat { .. } => {
                    heartbeats += 1;
                    execution.heartbeat(&callback).await?;
                }
                // Outcomes come between invocations: there the rows expect them.
                Action::Succeed { payload, .. } if is_suspended(&history) => {
                    execution.succeed(&callback, payload).await?;
                }
                Action::Fail { message, .. } if is_suspended(&history) => {
                    execution.fail(&callback, ErrorObject::new("RejectedError", message)).await?;
                }
                Action::Succeed { .. } | Action::Fail { .. } => {}
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn is_over(history: &[Event], ends: bool) -> bool {
    use EventKind as E;
    match history.last().map(|event| &event.kind) {
        Some(E::ExecutionSucceeded { .. } | E::ExecutionFailed { .. } | E::ExecutionTimedOut { .. }) => true,
        Some(E::InvocationCompleted { .. }) => !ends,
        _ => false,
    }
}

fn is_suspended(history: &[Event]) -> bool {
    matches!(history.last().map(|event| &event.kind), Some(EventKind::InvocationCompleted { .. }))
}

/// What happens next from outside, when, and to which callback.
struct Next {
    due: Timestamp,
    callback: CallbackId,
    action: Action,
}

/// The first action of the script that is not done, by what the history shows. Each callback, in the order in which they
/// were opened, takes the actions up to its outcome. History does not show heartbeats, so they are counted.
fn next_action(script: &[Action], history: &[Event], heartbeats_sent: usize) -> Option<Next> {
    let mut script = script.iter().copied();
    let mut heartbeats = 0;
    let mut done = Timestamp::from_millis(0);
    for event in history {
        let EventKind::CallbackStarted { callback_id: Some(callback), .. } = &event.kind else { continue };
        let end = end_of(event, history);
        done = done.max(event.timestamp);
        loop {
            let action = script.next()?;
            let (Action::Heartbeat { after } | Action::Succeed { after, .. } | Action::Fail { after, .. }) = action;
            let due = done.plus_seconds(after);
            let is_heartbeat = matches!(action, Action::Heartbeat { .. });
            heartbeats += usize::from(is_heartbeat);
            match end {
                None if is_heartbeat && heartbeats <= heartbeats_sent => done = due,
                None => return Some(Next { due, callback: callback.clone(), action }),
                Some(_) if is_heartbeat => {}
                Some(end) => {
                    done = end;
                    break;
                }
            }
        }
    }
    None
}

fn end_of(started: &Event, history: &[Event]) -> Option<Timestamp> {
    let id = started.operation.as_ref().map(|operation| &operation.id);
    let later = history.iter().filter(|event| event.event_id > started.event_id);
    later
        .filter(|event| event.operation.as_ref().map(|operation| &operation.id) == id)
        .map(|event| event.timestamp)
        .next()
}
