//! Carries a row out in processes that don't live long.

use std::path::Path;
use std::process::Stdio;

use durable::{Engine, EngineError, Event, EventKind, StartError};
use tokio::process::Command;

use crate::row::Row;
use crate::started;

/// When the process of a row ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killed {
    /// When the row's function kills it.
    ByItself,
    /// Whenever an invocation has ended and the execution has not.
    BetweenInvocations,
}

impl Killed {
    /// As a process argument.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByItself => "by-itself",
            Self::BetweenInvocations => "between-invocations",
        }
    }
}

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The process could not be run.
    #[error("the worker could not be run: {0}")]
    Io(#[from] std::io::Error),
    /// It gave up.
    #[error("the worker failed: {0}")]
    Failed(String),
    /// It was killed again and again.
    #[error("the worker was killed {0} times")]
    NoProgress(usize),
    /// It was not killed where it should have been.
    #[error("the worker was killed {kills} times, but {ends} invocations ended before the last")]
    NotKilled { kills: usize, ends: usize },
    /// What it left could not be opened.
    #[error(transparent)]
    Open(#[from] StartError),
    /// What it left could not be read.
    #[error(transparent)]
    Read(#[from] EngineError),
    /// Its history says something else of what it started than that says itself.
    #[error("{}", .0.join("\n"))]
    Started(Vec<String>),
    /// It left nothing.
    #[error("the worker recorded no execution")]
    Nothing,
}

/// No row has so many invocations.
const MOST_KILLS: usize = 30;

/// Starts a worker on the row again and again until it ends by itself. Returns the history that is left.
pub async fn run(worker: &Path, folder: &Path, row: &Row, killed: Killed) -> Result<Vec<Event>, ProcessError> {
    let mut kills = 0;
    loop {
        let mut command = Command::new(worker);
        command.arg(folder).args([row.id, killed.as_str()]).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await?;
        match output.status.code() {
            Some(0) => break,
            Some(_) => return Err(ProcessError::Failed(String::from_utf8_lossy(&output.stderr).into_owned())),
            None => kills += 1,
        }
        if kills > MOST_KILLS {
            return Err(ProcessError::NoProgress(kills));
        }
    }
    let history = read(folder, row).await?;
    let ends = invocations_before_the_last(&history);
    if killed == Killed::BetweenInvocations && kills < ends {
        return Err(ProcessError::NotKilled { kills, ends });
    }
    Ok(history)
}

/// How many invocations ended that the execution outlived.
fn invocations_before_the_last(history: &[Event]) -> usize {
    let follows =
        |next: &Event| !matches!(next.kind, EventKind::ExecutionSucceeded { .. } | EventKind::ExecutionFailed { .. });
    let ends =
        history.iter().enumerate().filter(|(_, event)| matches!(event.kind, EventKind::InvocationCompleted { .. }));
    ends.filter(|(index, _)| history.get(index + 1).is_none_or(follows)).count()
}

async fn read(folder: &Path, row: &Row) -> Result<Vec<Event>, ProcessError> {
    let engine = Engine::open(folder.join("store.db")).workers(1).start().await?;
    let id = engine.find(row.function, row.id).await?.ok_or(ProcessError::Nothing)?;
    let history = engine.history(id).await?;
    let problems = started::problems(&engine, row, &history).await?;
    engine.shutdown().await;
    if problems.is_empty() { Ok(history) } else { Err(ProcessError::Started(problems)) }
}
