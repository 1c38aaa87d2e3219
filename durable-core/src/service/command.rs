//! What can be asked of an execution, and what comes of it.

use super::execution::Outcome;
use super::record::Record;
use crate::model::{ErrorObject, Operation, OperationId, OperationUpdate};

/// Proves that a run is the execution's current one and has seen its latest state. Every checkpoint gives a new one.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub(super) u64);

/// What happens to an execution.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The run has these updates recorded, and goes on.
    Checkpoint {
        /// The run's current token.
        token: Token,
        /// What to record, all or nothing.
        updates: Vec<OperationUpdate>,
    },
    /// The run has these updates recorded, and ends unless something changed that it has not seen.
    Suspend {
        /// The run's current token.
        token: Token,
        /// What to record, all or nothing.
        updates: Vec<OperationUpdate>,
    },
    /// The run has these updates recorded, and ends the execution.
    Finish {
        /// The run's current token.
        token: Token,
        /// What to record, all or nothing.
        updates: Vec<OperationUpdate>,
        /// How the execution ends.
        outcome: Outcome,
    },
    /// The run ended without saying how.
    Crash {
        /// What is known about it.
        error: ErrorObject,
    },
    /// Time has passed.
    Tick,
    /// Someone completes a callback.
    Complete {
        /// The callback's operation.
        operation: OperationId,
        /// What they deliver.
        outcome: Result<Option<String>, ErrorObject>,
    },
    /// The execution that an operation started has ended.
    EndChild {
        /// The operation.
        operation: OperationId,
        /// How it ended.
        outcome: Outcome,
    },
    /// Someone keeps a callback alive.
    Heartbeat {
        /// The callback's operation.
        operation: OperationId,
    },
    /// Someone stops the execution.
    Stop {
        /// Why.
        error: ErrorObject,
    },
    /// Someone wants no more runs of it for now; one that is live goes on to its end.
    Pause {
        /// Why.
        reason: Option<String>,
        /// Whether the time until its timeout stands still meanwhile.
        pauses_timeout: bool,
    },
    /// Someone lets it run again.
    Resume {
        /// Why.
        reason: Option<String>,
    },
}

/// What a command did.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Applied {
    /// What to store before anything else is done.
    pub records: Vec<Record>,
    /// The operations that the run has to learn of; only for commands of a run.
    pub changed: Vec<Operation>,
    /// For the run's next checkpoint; without one the run is over, or the command was not the run's.
    pub token: Option<Token>,
}

/// Why a command did nothing.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The run was superseded: it ends and changes nothing.
    #[error("Invalid checkpoint token: the run was superseded by a later one")]
    StaleToken,
    /// The execution has ended.
    #[error("the execution has ended")]
    Ended,
    /// An update that the operation's state does not allow.
    #[error("operation {id}: {problem}")]
    IllegalUpdate {
        /// The operation.
        id: OperationId,
        /// What is wrong.
        problem: String,
    },
    /// A run that suspends with nothing that could wake it.
    #[error("nothing would ever wake the execution: no timer, callback or retry is open")]
    NothingPending,
    /// The execution would grow beyond its limits.
    #[error("{0}")]
    TooLarge(ErrorObject),
    /// The callback was completed or timed out before.
    #[error("the callback is closed: it was completed, or its time was over")]
    CallbackClosed,
    /// The execution is paused, or is about to be.
    #[error("the execution is paused already")]
    AlreadyPaused,
    /// The execution is not paused.
    #[error("the execution is not paused")]
    NotPaused,
}
