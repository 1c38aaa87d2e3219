//! News of executions: when they begin and how they end.

use tokio::sync::broadcast;

use crate::model::{ExecutionId, ExecutionStatus, Name, Timestamp};
use crate::service::Execution;

/// An execution began or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Which execution.
    pub execution: ExecutionId,
    /// Its function.
    pub function: Name,
    /// Its name.
    pub name: Name,
    /// Where it stands now.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl StatusChange {
    pub(super) fn of(execution: &Execution) -> Self {
        let (spec, standing) = (execution.spec(), execution.standing());
        Self {
            execution: spec.id,
            function: spec.function.clone(),
            name: spec.name.clone(),
            status: standing.status,
            started: standing.started,
            ended: standing.ended,
        }
    }
}

/// News of an engine's executions, from the subscription on.
#[derive(Debug)]
pub struct StatusChanges {
    pub(super) receiver: broadcast::Receiver<StatusChange>,
}

impl StatusChanges {
    /// The next change; `None` when the engine has ended.
    ///
    /// Whoever is slower than a thousand changes misses the oldest: what counts is in the store.
    pub async fn next(&mut self) -> Option<StatusChange> {
        loop {
            match self.receiver.recv().await {
                Ok(change) => return Some(change),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "status changes were not read in time");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
