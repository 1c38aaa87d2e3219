//! A run of an execution's code, here or elsewhere.

use std::task::{Context, Poll};

use super::remote::RemoteRun;
use crate::invocation::{Invocation, Next};
use crate::model::{ErrorObject, Operation, OperationUpdate};
use crate::observe::InvocationStatus;

/// The current run of an execution's code.
pub(super) enum Running {
    Here(Invocation),
    Elsewhere(Box<RemoteRun>),
}

impl Running {
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        match self {
            Self::Here(invocation) => invocation.poll_next(cx),
            Self::Elsewhere(run) => run.poll_next(cx),
        }
    }

    pub(super) fn is_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    /// Whether it can be interrupted without losing anything.
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self, Self::Here(invocation) if invocation.is_at_rest())
    }

    pub(super) fn has_lingering(&self) -> bool {
        matches!(self, Self::Here(invocation) if invocation.has_lingering())
    }

    pub(super) fn take_lingering(&mut self) -> Option<Vec<OperationUpdate>> {
        match self {
            Self::Here(invocation) => invocation.take_lingering(),
            Self::Elsewhere(_) => None,
        }
    }

    /// Takes in the answer to a checkpoint. Code elsewhere has it from the answer itself.
    pub(super) fn acknowledge(&mut self, changed: Vec<Operation>) {
        if let Self::Here(invocation) = self {
            invocation.acknowledge(changed);
        }
    }

    /// Takes in what changed without the run's doing. Code elsewhere learns of it with its next checkpoint.
    pub(super) fn merge(&self, changed: Vec<Operation>) {
        if let Self::Here(invocation) = self {
            invocation.merge(changed);
        }
    }

    /// Tells observers, who only look at code in this process, that the run has ended.
    pub(super) fn ended(&self, status: InvocationStatus, error: Option<ErrorObject>) {
        if let Self::Here(invocation) = self {
            invocation.ended(status, error);
        }
    }
}
