//! What kinds of operations there are, and which statuses they and their execution pass through.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an operation is; stands for AWS's type and sub-type together.
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// Code that runs once and whose result is recorded.
    Step,
    /// A durable timer.
    Wait,
    /// A result that someone outside delivers.
    Callback,
    /// A group of operations with a result of its own.
    RunInChildContext,
    /// The context around a callback and the step that hands its id out.
    WaitForCallback,
    /// A step that runs again until a condition holds.
    WaitForCondition,
    /// Another execution that this one waits for.
    ChainedInvoke,
    /// The same code for each of a list of items.
    Map,
    /// The code for one item.
    MapIteration,
    /// Several pieces of code at once.
    Parallel,
    /// One of them.
    ParallelBranch,
}

impl Kind {
    /// The operation type in AWS's words.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Step | Self::WaitForCondition => "STEP",
            Self::Wait => "WAIT",
            Self::Callback => "CALLBACK",
            Self::ChainedInvoke => "CHAINED_INVOKE",
            Self::RunInChildContext
            | Self::WaitForCallback
            | Self::Map
            | Self::MapIteration
            | Self::Parallel
            | Self::ParallelBranch => "CONTEXT",
        }
    }

    /// The operation sub-type in AWS's words.
    pub const fn sub_type(self) -> &'static str {
        match self {
            Self::Step => "Step",
            Self::Wait => "Wait",
            Self::Callback => "Callback",
            Self::RunInChildContext => "RunInChildContext",
            Self::WaitForCallback => "WaitForCallback",
            Self::WaitForCondition => "WaitForCondition",
            Self::ChainedInvoke => "ChainedInvoke",
            Self::Map => "Map",
            Self::MapIteration => "MapIteration",
            Self::Parallel => "Parallel",
            Self::ParallelBranch => "ParallelBranch",
        }
    }

    /// Whether operations can stand inside it.
    pub const fn is_context(self) -> bool {
        match self {
            Self::RunInChildContext
            | Self::WaitForCallback
            | Self::Map
            | Self::MapIteration
            | Self::Parallel
            | Self::ParallelBranch => true,
            Self::Step | Self::WaitForCondition | Self::Wait | Self::Callback | Self::ChainedInvoke => false,
        }
    }

    /// Whether it is run in attempts.
    pub const fn is_step(self) -> bool {
        matches!(self, Self::Step | Self::WaitForCondition)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Step => "step",
            Self::Wait => "wait",
            Self::Callback => "callback",
            Self::RunInChildContext => "child context",
            Self::WaitForCallback => "wait for callback",
            Self::WaitForCondition => "wait for condition",
            Self::ChainedInvoke => "invoke",
            Self::Map => "map",
            Self::MapIteration => "map iteration",
            Self::Parallel => "parallel",
            Self::ParallelBranch => "parallel branch",
        })
    }
}

/// Where an operation stands.
///
/// See [`Observer`](crate::observe::Observer) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum OperationStatus {
    /// Begun, not ended.
    Started,
    /// A step between two attempts, its delay running.
    Pending,
    /// A step whose delay is over.
    Ready,
    /// Ended with a result.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Ended because its owner gave it up.
    Cancelled,
    /// Ended because its time was over.
    TimedOut,
    /// Ended because someone stopped what it waited for.
    Stopped,
}

/// Where an execution stands.
///
/// See [`Query`](crate::store::Query) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ExecutionStatus {
    /// Running or suspended.
    Running,
    /// About to be paused: a run that was live when that was asked for has not ended yet.
    Pausing,
    /// Not to run for now.
    Paused,
    /// The function returned a value or `Ok`.
    Succeeded,
    /// The function returned `Err`, or could not go on.
    Failed,
    /// Its time was over before it ended.
    TimedOut,
    /// Someone stopped it.
    Stopped,
}

impl ExecutionStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Running, Self::Pausing, Self::Paused, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Stopped];

    /// The status in AWS's words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Pausing => "PAUSING",
            Self::Paused => "PAUSED",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Stopped => "STOPPED",
        }
    }

    /// The status that AWS calls so; nothing if there is none.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether nothing can follow.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Running | Self::Pausing | Self::Paused)
    }
}

impl fmt::Display for ExecutionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Running => "running",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::Stopped => "stopped",
        })
    }
}
