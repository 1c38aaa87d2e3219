//! Logging that knows of replays.
//!
//! Durable code runs again on every replay, and so do the lines that it logs between operations. With this filter on a
//! layer, a line that an earlier invocation has logged is not logged again:
//!
//! ```
//! use durable::logging::ReplayFilter;
//! use tracing_subscriber::prelude::*;
//!
//! tracing_subscriber::registry()
//!     .with(tracing_subscriber::fmt::layer().with_filter(ReplayFilter::new()))
//!     .init();
//! ```
//!
//! Durable code then logs as any other does, with `tracing::info!(…)`. What steps, conditions and submitters log is always
//! logged, because their code only runs when it is not answered from the record. Every line stands in the spans
//! `execution` (with `execution`, `function`, `name`, `tenant`, `request`), `operation` (`operation`, `name`, `parent`) and
//! `attempt` (`operation`, `name`, `parent`, `attempt`), whose fields a formatter adds to it.
//!
//! A context is replaying until its code has performed everything that was on record when the run began. A line that a
//! process was about to log when it was killed may be lost with it. In the items of a flat `map` or `parallel`, which have
//! no context of their own, lines after the last operation of an item are not logged by a replay.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;

use tracing::{Metadata, Span};
use tracing_subscriber::layer::{Context, Filter};

use crate::context::Ctx;

thread_local! {
    /// The context whose code is polled on this thread; none outside of durable code, and in the body of a step.
    static CURRENT: RefCell<Option<Ctx>> = const { RefCell::new(None) };
}

/// Whether the code that asks is durable code that repeats what an earlier invocation did.
///
/// Code that is to behave differently then is a mistake waiting to happen; this is for logging and metrics.
///
/// ```
/// # use durable::prelude::*;
/// #[durable]
/// async fn order() {
///     if !durable::logging::is_replaying() {
///         // Counted once, however often the code is replayed.
///     }
/// }
/// ```
pub fn is_replaying() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(Ctx::is_replaying))
}

/// Keeps lines back that durable code logs again while it replays: for
/// [`Layer::with_filter`](tracing_subscriber::Layer::with_filter).
///
/// ```
/// use durable::logging::ReplayFilter;
/// use tracing_subscriber::prelude::*;
///
/// let lines = tracing_subscriber::fmt::layer().with_filter(ReplayFilter::new());
/// tracing_subscriber::registry().with(lines).init();
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ReplayFilter {
    always: bool,
}

impl ReplayFilter {
    /// Keeps back what an earlier invocation has logged.
    pub const fn new() -> Self {
        Self { always: false }
    }

    /// Keeps nothing back: every replay logs all its lines again, to look at a replay itself.
    pub const fn log_replays() -> Self {
        Self { always: true }
    }
}

/// The target of this crate's own spans, which are kept also while the code replays: later lines stand in them.
const TARGET: &str = "durable";

impl<S> Filter<S> for ReplayFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.always || (metadata.is_span() && metadata.target() == TARGET) || !is_replaying()
    }

    fn callsite_enabled(&self, _: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        // It depends on who logs, each time.
        tracing::subscriber::Interest::sometimes()
    }
}

/// Something durable code is polled in; what was current before comes back when this is dropped.
pub(crate) struct Entered(Option<Ctx>);

/// The code of this context is polled, or with `None` code that only runs live.
pub(crate) fn enter(ctx: Option<Ctx>) -> Entered {
    Entered(CURRENT.replace(ctx))
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Runs the code of a context, so that what it logs is known to be its.
pub(crate) async fn in_context<T>(ctx: &Ctx, span: Span, code: impl Future<Output = T>) -> T {
    let mut code = pin!(code);
    poll_fn(|cx| {
        let _current = enter(Some(ctx.clone()));
        let _span = span.enter();
        code.as_mut().poll(cx)
    })
    .await
}

/// The span around an invocation.
macro_rules! execution_span {
    ($($fields:tt)*) => { tracing::info_span!(target: "durable", "execution", $($fields)*) };
}
/// The span around the code of a context.
macro_rules! operation_span {
    ($($fields:tt)*) => { tracing::info_span!(target: "durable", "operation", $($fields)*) };
}
/// The span around an attempt.
macro_rules! attempt_span {
    ($($fields:tt)*) => { tracing::info_span!(target: "durable", "attempt", $($fields)*) };
}
pub(crate) use {attempt_span, execution_span, operation_span};
