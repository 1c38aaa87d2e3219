//! What is stored of an execution.

use serde::{Deserialize, Serialize};

use crate::model::{Event, OperationId, Timestamp};

/// One entry of the stored log: an event of the history, or something that history does not show.
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
}

/// A stored log that no execution can have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {position} of the stored log {problem}")]
pub struct Corrupt {
    /// Which record, counted from 1.
    pub position: usize,
    /// What is wrong with it.
    pub problem: String,
}
