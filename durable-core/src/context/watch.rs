//! What a worker thread is doing, for those who wonder why it does nothing else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::ExecutionId;
use crate::operation::Place;
use crate::replay::Side;

/// One worker thread, seen from another: whether it is still in the poll in which it was seen before.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Odd while the worker polls; higher with each poll.
    turn: AtomicU64,
    activity: Mutex<Option<Activity>>,
}

/// What is polled.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub(crate) execution: ExecutionId,
    /// The operation whose body runs; none between operations.
    pub(crate) body: Option<(Side, Place)>,
}

/// A poll under way, until it is dropped.
pub(crate) struct Polling<'a>(&'a Watch);

/// The body of an operation that is polled, until it is dropped.
pub(crate) struct InBody<'a>(&'a Watch);

impl Watch {
    /// The worker polls an execution.
    pub(crate) fn polls(&self, execution: ExecutionId) -> Polling<'_> {
        *self.activity() = Some(Activity { execution, body: None });
        self.turn.fetch_add(1, Ordering::AcqRel);
        Polling(self)
    }

    /// Within that, it polls the body of an operation.
    pub(crate) fn in_body(&self, side: &Side, place: Place) -> InBody<'_> {
        if let Some(activity) = &mut *self.activity() {
            activity.body = Some((side.clone(), place));
        }
        InBody(self)
    }

    /// The number of the poll under way, if one is.
    pub(crate) fn turn(&self) -> Option<u64> {
        Some(self.turn.load(Ordering::Acquire)).filter(|turn| turn % 2 == 1)
    }

    /// What is polled now.
    pub(crate) fn activity(&self) -> std::sync::MutexGuard<'_, Option<Activity>> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.turn.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for InBody<'_> {
    fn drop(&mut self) {
        if let Some(activity) = &mut *self.0.activity() {
            activity.body = None;
        }
    }
}
