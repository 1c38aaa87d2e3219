//! One run of a durable function, as a machine that asks for checkpoints.
//!
//! The canonical loop of a driver:
//!
//! ```text
//! loop {
//!     match invocation.poll_next(cx) {
//!         Ready(Next::Checkpoint(updates)) => have them recorded, then invocation.acknowledge(changed)
//!         Ready(Next::Suspended(updates))  => have them recorded with the invocation's end
//!         Ready(Next::Finished(..) | Next::Halted(..)) => the run is over
//!         Pending                          => wait until woken
//!     }
//! }
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::context::{Ctx, Environment, Halt, Run};
use crate::model::{Operation, OperationUpdate};
use crate::operation::{LocalBoxFuture, panic_text};
use crate::value::Recorded;

/// One run of a durable function.
pub(crate) struct Invocation {
    root: LocalBoxFuture<Recorded>,
    run: Rc<Run>,
    in_flight: bool,
}

/// What a run needs next.
#[derive(Debug)]
pub(crate) enum Next {
    /// These updates recorded, and the answer.
    Checkpoint(Vec<OperationUpdate>),
    /// Nothing but to be woken: nothing runs, everything waits for the service. These updates come first.
    Suspended(Vec<OperationUpdate>),
    /// Nothing: the function returned. These updates come first.
    Finished(Recorded, Vec<OperationUpdate>),
    /// Nothing: it can't go on.
    Halted(Halt),
}

impl Invocation {
    /// Prepares a run that is answered from `operations`; nothing runs before [`Invocation::poll_next`].
    pub(crate) fn new(
        environment: Environment,
        operations: Vec<Operation>,
        function: impl FnOnce(Ctx) -> LocalBoxFuture<Recorded>,
    ) -> Self {
        let run = Rc::new(Run::new(environment, operations));
        let root = function(Ctx::root(Rc::clone(&run)));
        // Tokio's cooperative budget would fake a `Pending` after some hundred recorded operations.
        let root = Box::pin(tokio::task::unconstrained(root));
        Self { root, run, in_flight: false }
    }

    /// Runs the code as far as it goes.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.root.as_mut().poll(cx)));
        if let Some(halt) = self.run.take_halt() {
            return Poll::Ready(Next::Halted(halt));
        }
        match polled {
            Err(panic) => Poll::Ready(Next::Halted(Halt::Panicked(panic_text(panic.as_ref()).to_owned()))),
            Ok(Poll::Ready(outcome)) => Poll::Ready(self.finish(outcome)),
            Ok(Poll::Pending) => self.rest(),
        }
    }

    /// Takes in the answer to a checkpoint: what changed, by this run's updates or otherwise.
    pub(crate) fn acknowledge(&mut self, changed: Vec<Operation>) {
        self.in_flight = false;
        self.run.acknowledge(changed);
    }

    /// Takes in operations that changed without this run's doing.
    pub(crate) fn merge(&self, changed: Vec<Operation>) {
        self.run.merge(changed);
    }

    /// Takes the starts that wait for an outcome to travel with, if nothing is in flight.
    pub(crate) fn take_lingering(&mut self) -> Option<Vec<OperationUpdate>> {
        if !self.has_lingering() {
            return None;
        }
        self.in_flight = true;
        Some(self.run.take_updates())
    }

    /// Whether [`Invocation::take_lingering`] would give something.
    pub(crate) fn has_lingering(&self) -> bool {
        !self.in_flight && self.run.replay.borrow().has_updates()
    }

    fn finish(&mut self, outcome: Recorded) -> Next {
        if let Err(mismatch) = self.run.replay.borrow().close(None) {
            return Next::Halted(Halt::Mismatch(mismatch));
        }
        Next::Finished(outcome, self.run.take_updates())
    }

    /// The code is pending: on a checkpoint, on a step's body, or on the service.
    fn rest(&mut self) -> Poll<Next> {
        if self.in_flight {
            return Poll::Pending;
        }
        if self.run.is_idle() {
            return Poll::Ready(if self.run.is_parked() {
                Next::Suspended(self.run.take_updates())
            } else {
                Next::Halted(Halt::ForeignAwait)
            });
        }
        if self.run.is_urgent() {
            self.in_flight = true;
            return Poll::Ready(Next::Checkpoint(self.run.take_updates()));
        }
        Poll::Pending
    }
}
