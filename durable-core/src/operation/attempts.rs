//! The attempts of a step, until it has an outcome.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::Ctx;
use crate::context::{Halt, Performed, Room, Watch};
use crate::logging;
use crate::model::{ErrorObject, ExecutionId, Retry, Start, State, TooLong};
use crate::value::{PANICKED, Recorded, TIMED_OUT};

/// How a step is attempted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attempts {
    /// What the function says if the step says nothing.
    pub(crate) retry: Option<Retry>,
    /// What the function says if the step says nothing.
    pub(crate) timeout: Option<Duration>,
    /// Whether an attempt that was interrupted counts as failed instead of running again.
    pub(crate) at_most_once: bool,
}

impl Attempts {
    /// At least once per attempt, as the function says.
    pub(crate) const fn new(retry: Option<Retry>) -> Self {
        Self { retry, timeout: None, at_most_once: false }
    }
}

pub(super) const INTERRUPTED: &str = "StepInterruptedError";

/// Runs code in which [`attempt`] is this.
pub(super) async fn in_attempt<T>(ctx: &Ctx, number: u32, code: impl Future<Output = T>) -> T {
    let environment = &ctx.run().environment;
    let (execution, watch) = (environment.execution, Arc::clone(&environment.watch));
    ATTEMPT.scope(Current { number, execution, watch }, code).await
}

/// The attempt under way.
#[derive(Clone)]
struct Current {
    number: u32,
    execution: ExecutionId,
    watch: Arc<Watch>,
}

tokio::task_local! {
    static ATTEMPT: Current;
}

/// The number of the attempt in which this step body runs, counted from 1; 1 outside of a step.
///
/// ```
/// use durable::attempt;
/// use durable::prelude::*;
///
/// async fn ask() -> Result<u32, String> {
///     match attempt() {
///         1 => Err("busy".to_owned()),
///         number => Ok(number),
///     }
/// }
///
/// #[durable]
/// async fn patient() -> Result<u32, String> {
///     #[step(retry(max_attempts = 3, initial_delay = "1s", jitter = none))]
///     ask().await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(patient).start().await?;
/// # assert_eq!(engine.start(patient()).await?.output().await?, Ok(2));
/// # Ok(())
/// # }
/// ```
pub fn attempt() -> u32 {
    ATTEMPT.try_with(|attempt| attempt.number).unwrap_or(1)
}

/// Work that belongs to the attempt under way, for another thread.
pub(super) fn on_attempt<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let current = ATTEMPT.try_with(Clone::clone).ok();
    move || {
        let Some(current) = current else { return work() };
        // For as long as the work takes, also if nobody waits for it any more.
        let _detached = current.watch.detached(current.execution);
        ATTEMPT.sync_scope(current, work)
    }
}

/// What came of an attempt.
pub(crate) struct Attempted {
    pub(crate) recorded: Recorded,
    pub(crate) repeats: Repeats,
}

impl Attempted {
    /// An attempt that ended with an error that the body did not return.
    pub(super) fn failed(attempt: &impl Attempt, error: ErrorObject) -> Self {
        Self { repeats: attempt.judge(&error), recorded: Recorded::Failed(error) }
    }
}

/// Whether another attempt may follow if this one failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    Never,
    /// If the error is one that the retry names, or it names none.
    AsTheRetrySays,
    /// The step has a test, which the error passed or not; that the retry names the error is as good.
    IfTested(bool),
}

impl Repeats {
    fn allow(self, retry: Retry, error: &ErrorObject) -> bool {
        match self {
            Self::Never => false,
            Self::AsTheRetrySays => retry.applies_to(error),
            Self::IfTested(passed) => passed || retry.names(error),
        }
    }
}

/// What is attempted.
pub(crate) trait Attempt {
    /// Makes one attempt.
    async fn make(&mut self) -> Attempted;

    /// Whether another attempt may follow one that ended with an error that the body did not return: it was interrupted,
    /// it panicked, or it took too long.
    fn judge(&self, error: &ErrorObject) -> Repeats;
}

/// Without a test of the error.
impl<F: AsyncFnMut() -> Attempted> Attempt for F {
    async fn make(&mut self) -> Attempted {
        self().await
    }

    fn judge(&self, _: &ErrorObject) -> Repeats {
        Repeats::AsTheRetrySays
    }
}

/// The error of a step whose mock gives something else than the step does.
pub(super) fn wrong_mock(what: &str, type_name: &str) -> ErrorObject {
    let message = format!("{what} gives a `{type_name}`, and what stands in for it something else");
    ErrorObject::new("MockMismatch", message)
}

/// Runs attempts until the step has an outcome, recorded before it is returned.
pub(crate) async fn run_attempts(
    ctx: &Ctx,
    step: &Performed,
    attempts: Attempts,
    attempt: &mut impl Attempt,
) -> Recorded {
    let defaults = ctx.defaults();
    let retry = attempts.retry.or(defaults.retry).unwrap_or_default();
    let timeout = attempts.timeout.or(defaults.timeout);
    let run = ctx.run();
    loop {
        let number = step.attempts() + 1;
        let (mut interrupted, mut room) = (false, None);
        match step.state() {
            Some(State::Succeeded(payload)) => return Recorded::Succeeded(step.open(payload).await),
            Some(State::Failed(error) | State::TimedOut(error) | State::Stopped(error)) => {
                return Recorded::Failed(error);
            }
            Some(State::Cancelled) => {
                return Recorded::Failed(ErrorObject::new("StepCancelled", "the step was cancelled"));
            }
            Some(State::Pending { .. }) => {
                step.settled(0).await;
                continue;
            }
            // The start of an interrupted attempt is recorded already.
            Some(State::Started) => interrupted = attempts.at_most_once,
            None | Some(State::Ready) if attempts.at_most_once => {
                // An attempt that has begun on record can't begin again. So it waits for its turn before that.
                if run.runs_bodies() {
                    room = Some(run.room().await);
                }
                step.start_recorded(Start::Plain).await;
            }
            None | Some(State::Ready) => {
                step.start(Start::Plain);
            }
        }
        let outcome = if interrupted {
            let message = format!("{step}: attempt {number} was interrupted");
            Attempted::failed(attempt, ErrorObject::new(INTERRUPTED, message))
        } else {
            step.user_function_begins(number, false);
            let made = {
                // Pinned one by one: a future that is moved into the next has its place in both.
                let made = pin!(attempt.make());
                let limited = pin!(limit(step, timeout, made));
                let numbered = pin!(in_attempt(ctx, number, limited));
                guard_panic(ctx, step, room, numbered).await
            };
            let outcome = made.flatten().unwrap_or_else(|error| Attempted::failed(attempt, error));
            step.user_function_ends(number, false, &outcome.recorded);
            outcome
        };
        let Attempted { recorded, repeats } = outcome;
        let error = match recorded {
            Recorded::Failed(error) if repeats.allow(retry, &error) => error,
            recorded => {
                step.end(recorded).await;
                continue;
            }
        };
        let delay = retry.delay(&error, number, ctx.run().environment.entropy.chance());
        match kept_delay(ctx, step, number, delay).await {
            Some(delay_seconds) => step.retry(Err(error), delay_seconds).await,
            None => step.end(Recorded::Failed(error)).await,
        }
    }
}

/// The delay before the next attempt, if history can hold it; otherwise the execution fails.
pub(super) async fn kept_delay(
    ctx: &Ctx,
    what: impl fmt::Display,
    number: u32,
    delay: Result<Option<u32>, TooLong>,
) -> Option<u32> {
    match delay {
        Ok(delay) => delay,
        Err(too_long) => {
            let problem = format!("the delay after attempt {number} of {what}: {too_long}");
            let help = "help: wait for 366 days at most, or give up with `None`, or by `max_attempts`";
            ctx.halt(Halt::misuse(format!("{problem}\n{help}"))).await
        }
    }
}

/// Ends an attempt that takes too long.
async fn limit<T>(
    step: &Performed,
    timeout: Option<Duration>,
    attempt: impl Future<Output = T>,
) -> Result<T, ErrorObject> {
    let Some(timeout) = timeout else { return Ok(attempt.await) };
    tokio::time::timeout(timeout, attempt).await.map_err(|_| {
        let message = format!("{step} took longer than {timeout:?}");
        ErrorObject::new(TIMED_OUT, message)
    })
}

/// Runs a step's body; a panic is an error and must not take the worker's other executions along. The body gets no
/// second use of what it broke, because the next attempt calls it anew. It waits for room if it was given none.
pub(crate) async fn guard_panic<T>(
    ctx: &Ctx,
    step: &Performed,
    room: Option<Room<'_>>,
    body: impl Future<Output = T>,
) -> Result<T, ErrorObject> {
    let mut body = pin!(AssertUnwindSafe(body).catch_unwind());
    let (run, side, span) = (ctx.run(), step.side(), step.attempt_span());
    let watched = poll_fn(|cx| {
        let _in_body = run.environment.watch.in_body(&side, step.place());
        let (_live, _span) = (logging::enter(None), span.enter());
        body.as_mut().poll(cx)
    });
    let _room = match room {
        Some(room) => room,
        None => run.room().await,
    };
    let caught = watched.await;
    caught.map_err(|panic| {
        let message = format!("{step} panicked: {}", panic_text(panic.as_ref()));
        ErrorObject::new(PANICKED, message)
    })
}

/// What a panic says, if it says it in text.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
