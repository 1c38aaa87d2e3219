//! The current state of one operation: what history folds into, and what a run is answered from.

use super::{CallbackId, ErrorObject, ExecutionId, Kind, Name, OperationId, OperationStatus, Timestamp};

/// One recorded act of an execution.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Unique within the execution.
    pub id: OperationId,
    /// The context it stands in; `None` at the root.
    pub parent: Option<OperationId>,
    /// What it is called.
    pub name: Option<Name>,
    /// What it is.
    pub kind: Kind,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Where it stands.
    pub state: State,
    /// What its kind adds.
    pub detail: Detail,
}

/// Where an operation stands, with what belongs to that status.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Begun, not ended.
    Started,
    /// A step between two attempts.
    Pending {
        /// When the next attempt may begin.
        until: Timestamp,
    },
    /// A step whose delay is over.
    Ready,
    /// Ended with a result; nothing stands for JSON `null`.
    Succeeded(Option<String>),
    /// Ended with an error.
    Failed(ErrorObject),
    /// Given up.
    Cancelled,
    /// Its time was over.
    TimedOut(ErrorObject),
    /// What it waited for was stopped.
    Stopped(ErrorObject),
}

impl State {
    /// The status alone.
    pub const fn status(&self) -> OperationStatus {
        match self {
            Self::Started => OperationStatus::Started,
            Self::Pending { .. } => OperationStatus::Pending,
            Self::Ready => OperationStatus::Ready,
            Self::Succeeded(_) => OperationStatus::Succeeded,
            Self::Failed(_) => OperationStatus::Failed,
            Self::Cancelled => OperationStatus::Cancelled,
            Self::TimedOut(_) => OperationStatus::TimedOut,
            Self::Stopped(_) => OperationStatus::Stopped,
        }
    }

    /// Whether the operation has ended.
    pub const fn is_terminal(&self) -> bool {
        !matches!(self, Self::Started | Self::Pending { .. } | Self::Ready)
    }
}

/// What only one kind of operation has.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// A step, and how many of its attempts have ended.
    Step {
        /// Attempts that ended.
        attempts: u32,
        /// The state with which a condition is checked again.
        polled: Option<String>,
        /// The error of the last attempt, as long as another one is to come.
        failed: Option<ErrorObject>,
    },
    /// A timer, and when it is over.
    Wait {
        /// The end of the wait.
        until: Timestamp,
    },
    /// A callback.
    Callback(CallbackDetail),
    /// A context.
    Context {
        /// Whether a replay runs its code again, over the operations recorded inside.
        replay_children: bool,
    },
    /// Another execution.
    Invoke {
        /// The other execution, where that is known.
        execution: Option<ExecutionId>,
    },
}

/// A callback's id and deadlines.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct CallbackDetail {
    /// Completes the callback.
    pub callback_id: CallbackId,
    /// When it times out.
    pub timeout: Option<Timestamp>,
    /// How many seconds it may stay without a heartbeat.
    pub heartbeat_seconds: Option<u32>,
    /// When it times out unless a heartbeat comes first.
    pub heartbeat: Option<Timestamp>,
}
