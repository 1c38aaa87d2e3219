//! What a worker thread is doing, for those who wonder why it does nothing else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::ExecutionId;
use crate::operation::Place;
use crate::replay::Side;

/// One worker thread, seen from another: whether it is still in the poll in which it was seen before.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Odd while the worker polls; higher with each poll.
    turn: AtomicU64,
    activity: Mutex<Option<Activity>>,
    evidence: Option<Arc<dyn Evidence>>,
}

/// Is told what attempts have on threads of their own, for whoever wants to know what ended the process.
pub(crate) trait Evidence: std::fmt::Debug + Send + Sync {
    /// Something of this execution's begins on a thread of its own; returns what to tell when it has ended.
    fn begins(&self, execution: ExecutionId) -> Option<usize>;

    /// It has ended.
    fn ended(&self, number: usize);
}

/// What an attempt has on a thread of its own, until it is dropped there.
pub(crate) struct Detached(Option<(Arc<dyn Evidence>, usize)>);

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
    /// A worker whose attempts on threads of their own are told to somebody.
    pub(crate) fn with(evidence: Arc<dyn Evidence>) -> Self {
        Self { evidence: Some(evidence), ..Self::default() }
    }

    /// Something of an execution's begins on this thread, which is not the worker's.
    pub(crate) fn detached(&self, execution: ExecutionId) -> Detached {
        let evidence = self.evidence.as_ref();
        Detached(evidence.and_then(|evidence| Some((Arc::clone(evidence), evidence.begins(execution)?))))
    }

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

impl Drop for Detached {
    fn drop(&mut self) {
        if let Some((evidence, number)) = self.0.take() {
            evidence.ended(number);
        }
    }
}

impl Drop for InBody<'_> {
    fn drop(&mut self) {
        if let Some(activity) = &mut *self.0.activity() {
            activity.body = None;
        }
    }
}
