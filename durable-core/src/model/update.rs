//! What a run of the code asks its service to record.

use super::{ErrorObject, Kind, Name, OperationId};

/// One change to one operation. Updates of one checkpoint are recorded together or not at all.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationUpdate {
    /// Which operation.
    pub id: OperationId,
    /// The context that it stands in; `None` at the root.
    pub parent: Option<OperationId>,
    /// What it is called.
    pub name: Option<Name>,
    /// What it is.
    pub kind: Kind,
    /// What happens to it.
    pub action: Action,
}

/// What happens to an operation.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// It begins, or a further attempt of a step begins.
    Start(Start),
    /// It ended with a result.
    Succeed {
        /// The result as text; nothing stands for JSON `null`.
        payload: Option<String>,
        /// Whether a replay runs the code of this context again, over the operations recorded inside.
        replay_children: bool,
    },
    /// It ended with an error.
    Fail {
        /// What went wrong.
        error: ErrorObject,
    },
    /// An attempt of a step ended and another one follows.
    Retry {
        /// Why the attempt failed, or the state with which a condition is checked again.
        attempt: Result<Option<String>, ErrorObject>,
        /// When the next attempt may begin.
        delay_seconds: u32,
    },
    /// A timer is given up. Nothing here does that to its timers; another SDK may.
    Cancel {
        /// Why, if that is said.
        error: Option<ErrorObject>,
    },
}

/// What an operation needs to begin.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// Nothing: a step or a context.
    Plain,
    /// A durable timer of this many seconds.
    Wait {
        /// How long to wait.
        seconds: u32,
    },
    /// A callback and its limits.
    Callback {
        /// How long it may stay open.
        timeout_seconds: Option<u32>,
        /// How long it may stay without a heartbeat.
        heartbeat_seconds: Option<u32>,
    },
    /// Another execution.
    Invoke {
        /// The function that it runs.
        function: Name,
        /// The function's arguments.
        input: Option<String>,
        /// On whose behalf it runs.
        tenant: Option<String>,
        /// How long it may take; as long as its function says if not said.
        timeout_seconds: Option<u32>,
    },
}
