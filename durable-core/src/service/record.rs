//! What is stored of an execution.

use serde::{Deserialize, Serialize};

use crate::model::{Event, OperationId, Timestamp};

/// One entry of the stored log: an event of the history, or something that history does not show.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// An event.
    Event(Event),
    /// A callback's heartbeat, which moves its deadline.
    Heartbeat {
        /// The callback.
        operation: OperationId,
        /// When it came.
        at: Timestamp,
    },
    /// What changed before the last run ended, without that run being told.
    News {
        /// The operations.
        operations: Vec<OperationId>,
    },
    /// A pause was asked for while a run was live; it begins when that run ends.
    Pausing {
        /// When that was.
        at: Timestamp,
        /// Why.
        reason: Option<String>,
        /// Whether the time until the execution's timeout stands still meanwhile.
        pauses_timeout: bool,
    },
}

impl Record {
    /// When it happened; nothing for what belongs to the record before it.
    pub fn timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Event(event) => Some(event.timestamp),
            Self::Heartbeat { at, .. } | Self::Pausing { at, .. } => Some(*at),
            Self::News { .. } => None,
        }
    }
}

/// A stored log that no execution can have written.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {position} of the stored log {problem}")]
pub struct Corrupt {
    /// Which record, counted from 1.
    pub position: usize,
    /// What is wrong with it.
    pub problem: String,
}
