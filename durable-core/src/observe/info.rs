//! What observers are told.

use std::fmt;
use std::sync::Arc;

use crate::model::{
    Detail, ErrorObject, ExecutionId, Kind, Name, Operation, OperationId, OperationStatus, State, Timestamp,
};

/// An invocation: one run of a durable function's code, from its start or a suspension to the next suspension or its end.
///
/// See [`Observer`](super::Observer) for an example.
#[derive(Clone)]
#[non_exhaustive]
pub struct InvocationInfo {
    /// Its id, as in `InvocationCompleted` in history.
    pub request_id: String,
    /// The execution.
    pub execution: ExecutionId,
    /// The function.
    pub function: Name,
    /// The execution's name.
    pub name: Name,
    /// On whose behalf it runs.
    pub tenant: Option<String>,
    /// Whether it is the execution's first.
    pub is_first: bool,
    /// When the execution began.
    pub execution_started: Timestamp,
    /// The operations that changed since the last invocation.
    pub updated: Vec<OperationInfo>,
    /// How it ended; `None` while it begins.
    pub status: Option<InvocationStatus>,
    /// Why it ended, if that was an error.
    pub error: Option<ErrorObject>,
    pub(crate) all: Vec<Arc<Operation>>,
}

impl InvocationInfo {
    /// All operations on record, in the order in which they began. Made when asked for.
    pub fn operations(&self) -> Vec<OperationInfo> {
        infos(self.execution, &self.all)
    }
}

impl fmt::Debug for InvocationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            request_id,
            execution,
            function,
            name,
            tenant,
            is_first,
            execution_started,
            updated,
            status,
            error,
            all: _,
        } = self;
        f.debug_struct("InvocationInfo")
            .field("request_id", request_id)
            .field("execution", execution)
            .field("function", function)
            .field("name", name)
            .field("tenant", tenant)
            .field("is_first", is_first)
            .field("execution_started", execution_started)
            .field("updated", updated)
            .field("status", status)
            .field("error", error)
            .finish_non_exhaustive()
    }
}

/// How an invocation ended.
///
/// See [`Observer`](super::Observer) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvocationStatus {
    /// The execution has ended with a result.
    Succeeded,
    /// The execution has ended with an error.
    Failed,
    /// The execution is suspended.
    Pending,
    /// The execution was stopped, or its time was over, while the code ran.
    Stopped,
    /// The code can't go on, or the engine ends: another invocation is to follow.
    Retry,
}

/// The state of an operation.
///
/// See [`Observer`](super::Observer) for an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OperationInfo {
    /// The execution.
    pub execution: ExecutionId,
    /// Its id.
    pub id: OperationId,
    /// Its type and sub-type.
    pub kind: Kind,
    /// Its name.
    pub name: Option<Name>,
    /// The context it is in; `None` at the root.
    pub parent: Option<OperationId>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Where it stands.
    pub status: OperationStatus,
    /// What it gave, as recorded.
    pub result: Option<String>,
    /// What it failed with; of a step that is to be tried again, what its last attempt failed with.
    pub error: Option<ErrorObject>,
    /// The attempt that runs or was the last, from 1, for what is attempted.
    pub attempt: Option<u32>,
    /// Whether it is seen again by a replay.
    pub is_replay: bool,
}

impl OperationInfo {
    pub(crate) fn of(execution: ExecutionId, operation: &Operation, is_replay: bool) -> Self {
        let Operation { id, parent, name, kind, started, ended, state, detail } = operation;
        let (result, error) = match (state, detail) {
            (State::Succeeded(result), _) => (result.clone(), None),
            (State::Failed(error) | State::TimedOut(error) | State::Stopped(error), _) => (None, Some(error.clone())),
            (_, Detail::Step { failed, .. }) => (None, failed.clone()),
            _ => (None, None),
        };
        let attempt = match detail {
            Detail::Step { attempts, .. } => Some(if state.is_terminal() { (*attempts).max(1) } else { attempts + 1 }),
            _ => None,
        };
        Self {
            execution,
            id: id.clone(),
            kind: *kind,
            name: name.clone(),
            parent: parent.clone(),
            started: *started,
            ended: *ended,
            status: state.status(),
            result,
            error,
            attempt,
            is_replay,
        }
    }
}

/// Operations that changed together, in one write.
///
/// See [`Observer`](super::Observer) for an example.
#[non_exhaustive]
pub struct OperationChange<'a> {
    /// The execution.
    pub execution: ExecutionId,
    /// Those that changed.
    pub updated: Vec<OperationInfo>,
    pub(crate) all: &'a [Arc<Operation>],
}

impl OperationChange<'_> {
    /// All operations of the execution, in the order in which they began. Made when asked for.
    pub fn operations(&self) -> Vec<OperationInfo> {
        infos(self.execution, self.all)
    }
}

fn infos(execution: ExecutionId, operations: &[Arc<Operation>]) -> Vec<OperationInfo> {
    operations.iter().map(|operation| OperationInfo::of(execution, operation, false)).collect()
}

impl fmt::Debug for OperationChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { execution, updated, all: _ } = self;
        f.debug_struct("OperationChange")
            .field("execution", execution)
            .field("updated", updated)
            .finish_non_exhaustive()
    }
}

/// Code of the user's that runs for an operation.
///
/// See [`Observer`](super::Observer) for an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UserFunctionInfo {
    /// The operation.
    pub operation: OperationInfo,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Whether a finished context's code runs again over its records.
    pub is_replaying_children: bool,
    /// How it ended; `None` while it begins.
    pub outcome: Option<AttemptOutcome>,
    /// What it failed with.
    pub error: Option<ErrorObject>,
}

/// How code of the user's ended.
///
/// See [`Observer`](super::Observer) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// With a result.
    Succeeded,
    /// With an error, or a panic.
    Failed,
}
