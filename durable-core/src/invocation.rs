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
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use tracing::Span;

use crate::context::{Ctx, Environment, Facts, Halt, Run};
use crate::logging::{self, execution_span};
use crate::model::{ErrorObject, Operation, OperationUpdate, Timestamp};
use crate::observe::InvocationStatus;
use crate::operation::{LocalBoxFuture, panic_text};
use crate::value::Recorded;

/// One run of a durable function.
pub(crate) struct Invocation {
    root: LocalBoxFuture<'static, Recorded>,
    /// The context of the function's own code.
    ctx: Ctx,
    /// Around everything that this invocation logs.
    span: Span,
    run: Rc<Run>,
    phase: Phase,
    woken: Arc<Woken>,
}

/// Notices whether the code was woken while it was polled: then its `Pending` means "poll me again", not "nothing to
/// do". Combinators over many futures yield like this.
#[derive(Default)]
struct Woken {
    woken: AtomicBool,
    driver: AtomicWaker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.driver.wake();
    }
}

/// What a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its own code.
    Running,
    /// The answer to a checkpoint or a suspension; the code goes on meanwhile as far as it can.
    InFlight,
    /// Nothing: it has returned or can't go on, and must not be polled again.
    Over,
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
    /// Nothing: it ended without saying how, which code in this process never does.
    Crashed(ErrorObject),
}

impl Invocation {
    /// Prepares a run that is answered from `operations`; nothing runs before [`Invocation::poll_next`].
    pub(crate) fn new(
        environment: Environment,
        operations: Vec<Operation>,
        facts: Facts,
        function: impl FnOnce(Ctx) -> LocalBoxFuture<'static, Recorded>,
    ) -> Self {
        let run = Rc::new(Run::new(environment, operations));
        let ctx = Ctx::root(Rc::clone(&run));
        let span = span(&run, &facts);
        run.invocation_begins(facts);
        let root = function(ctx.clone());
        // Tokio's cooperative budget would fake a `Pending` after some hundred recorded operations.
        let root = Box::pin(tokio::task::unconstrained(root));
        Self { root, ctx, span, run, phase: Phase::Running, woken: Arc::default() }
    }

    /// Runs the code as far as it goes.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        if self.phase == Phase::Over {
            return Poll::Pending;
        }
        self.woken.driver.register(cx.waker());
        self.woken.woken.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self.woken));
        let polled = {
            let environment = &self.run.environment;
            let _polling = environment.watch.polls(environment.execution);
            let (_current, _span) = (logging::enter(Some(self.ctx.clone())), self.span.enter());
            catch_unwind(AssertUnwindSafe(|| self.root.as_mut().poll(&mut Context::from_waker(&waker))))
        };
        if let Some(halt) = self.run.take_halt() {
            return self.over(Next::Halted(halt));
        }
        match polled {
            Err(panic) => self.over(Next::Halted(Halt::Panicked(panic_text(panic.as_ref()).to_owned()))),
            Ok(Poll::Ready(outcome)) => {
                let next = self.finish(outcome);
                self.over(next)
            }
            Ok(Poll::Pending) => self.rest(),
        }
    }

    fn over(&mut self, next: Next) -> Poll<Next> {
        self.phase = Phase::Over;
        Poll::Ready(next)
    }

    /// Takes in the answer to a checkpoint or a suspension: what changed, by this run's updates or otherwise.
    pub(crate) fn acknowledge(&mut self, changed: Vec<Operation>) {
        if self.phase == Phase::InFlight {
            self.phase = Phase::Running;
        }
        self.run.acknowledge(changed);
    }

    /// Goes on after a suspension, as another invocation, with what changed meanwhile.
    pub(crate) fn resume(&mut self, facts: Facts, changed: Vec<Operation>) {
        self.span = span(&self.run, &facts);
        self.run.invocation_begins(facts);
        self.run.merge(changed);
    }

    /// Tells that the invocation has ended.
    pub(crate) fn ended(&self, status: InvocationStatus, error: Option<ErrorObject>) {
        self.run.invocation_ends(status, error);
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
        self.phase = Phase::InFlight;
        Some(self.run.take_updates())
    }

    /// Whether [`Invocation::take_lingering`] would give something.
    pub(crate) fn has_lingering(&self) -> bool {
        self.phase == Phase::Running && self.run.replay.borrow().has_updates()
    }

    /// Whether the code can't go on because a test lets no body run.
    #[cfg(feature = "testing")]
    pub(crate) fn is_held(&self) -> bool {
        self.phase == Phase::Running && self.run.is_held()
    }

    /// What has been performed and is not on record.
    #[cfg(feature = "testing")]
    pub(crate) fn take_unsent(&self) -> Vec<OperationUpdate> {
        self.run.take_updates()
    }

    /// Whether no body of an operation runs and no outcome waits to be recorded.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.phase != Phase::InFlight && self.run.is_at_rest() && !self.run.is_urgent()
    }

    /// When the first timer or retry is due that the code waits for.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.run.next_due()
    }

    fn finish(&mut self, outcome: Recorded) -> Next {
        if let Err(mismatch) = self.run.replay.borrow().close(None, None) {
            return Next::Halted(Halt::Mismatch(mismatch));
        }
        Next::Finished(outcome, self.run.take_updates())
    }

    /// The code is pending: on a checkpoint, on a step's body, or on the service.
    fn rest(&mut self) -> Poll<Next> {
        let woken = self.woken.woken.load(Ordering::Acquire);
        if !woken && let Some(halt) = self.run.find_unending() {
            return self.over(Next::Halted(halt));
        }
        if self.phase == Phase::InFlight {
            return Poll::Pending;
        }
        if self.run.is_idle() {
            if woken {
                // The driver was woken with the code, so it comes back.
                return Poll::Pending;
            }
            if !self.run.is_parked() {
                return self.over(Next::Halted(Halt::ForeignAwait));
            }
            self.phase = Phase::InFlight;
            return Poll::Ready(Next::Suspended(self.run.take_updates()));
        }
        if self.run.is_urgent() {
            self.phase = Phase::InFlight;
            return Poll::Ready(Next::Checkpoint(self.run.take_updates()));
        }
        Poll::Pending
    }
}

fn span(run: &Run, facts: &Facts) -> Span {
    let Environment { execution, function, name, tenant, .. } = &run.environment;
    execution_span!(%execution, %function, execution_name = %name, tenant, request = facts.request_id)
}
