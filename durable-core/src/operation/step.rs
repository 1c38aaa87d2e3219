//! Steps: code that runs until it succeeds or is given up, and whose result is recorded.

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::{Halt, Performed, encode};
use crate::model::{ErrorObject, Kind, Retry, Start, State};
use crate::value::{Codec, Filtered, GivenSerdes, Recorded, Serdes};

/// A step: made by `#[step]` on a definition, a statement or an expression.
///
/// **Recorded:** that the step began, each failed attempt with the delay before the next, and the result or the error.
/// The start travels with the outcome, so a step costs one durable write.
///
/// **Replay:** a recorded outcome is returned without running the body. A step that was interrupted runs again.
///
/// **Errors:** an `Err` is retried as [`Retry`] says; the last one is recorded and returned. A panic, or an attempt that
/// takes longer than the timeout, counts as a failed attempt; if it is the last one and the step's error type has no
/// place for it, the execution fails.
#[must_use = "a step does nothing until it is awaited in a `#[durable]` function; elsewhere use `.run().await`"]
pub struct Step<F, C> {
    body: F,
    codec: C,
    name: GivenName,
    attempts: Attempts,
    serdes: GivenSerdes,
}

/// How a step is attempted.
#[derive(Debug, Clone, Copy)]
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

impl<F, T, C> Step<F, C>
where
    F: AsyncFn() -> T,
    C: Codec<T>,
{
    #[doc(hidden)]
    pub fn new(body: F, codec: C) -> Self {
        Self { body, codec, name: None, attempts: Attempts::new(None), serdes: None }
    }
}

impl<F, C> Step<F, C> {
    /// Lets each attempt begin at most once: the start is recorded before the body runs, and an attempt that was
    /// interrupted is a failed one, with a [`StepInterrupted`].
    pub fn at_most_once<T, E>(mut self) -> AtMostOnce<F, C>
    where
        F: AsyncFn() -> Result<T, E>,
        E: From<StepInterrupted>,
    {
        self.attempts.at_most_once = true;
        AtMostOnce { step: self }
    }

    /// Repeats a failed attempt only if its error passes this test.
    pub fn retry_if<T, E, P>(self, retry_if: P) -> Step<F, Filtered<C, P>>
    where
        F: AsyncFn() -> Result<T, E>,
        C: Codec<Result<T, E>>,
        P: Fn(&E) -> bool + Copy,
    {
        let Self { body, codec, name, attempts, serdes } = self;
        Step { body, codec: Filtered { codec, retry_if }, name, attempts, serdes }
    }

    async fn perform_recorded<T>(self, ctx: &Ctx, place: Place) -> (Performed, C, Recorded)
    where
        F: AsyncFn() -> T,
        C: Codec<T>,
    {
        let Self { body, codec, name, attempts, serdes } = self;
        let step = ctx.perform(Kind::Step, place.name(name), place).await.with_serdes(&serdes);
        let attempt = async || {
            let outcome = body().await;
            let retryable = codec.is_retryable(&outcome);
            Attempted { recorded: encode(&codec, &outcome, step.describe()), retryable }
        };
        let recorded = run_attempts(ctx, &step, attempts, attempt).await;
        (step, codec, recorded)
    }
}

/// A step of which no attempt begins twice: see [`Step::at_most_once`].
#[must_use = "a step does nothing until it is awaited in a `#[durable]` function; elsewhere use `.run().await`"]
pub struct AtMostOnce<F, C> {
    step: Step<F, C>,
}

/// The error of an at-most-once attempt that was interrupted: whether it had its effect is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct StepInterrupted {
    /// Which step, and which attempt.
    pub message: String,
}

const INTERRUPTED: &str = "StepInterruptedError";
const TIMED_OUT: &str = "StepTimeoutError";

/// The operation that a `#[step]` definition returns.
#[must_use = "a step does nothing until it is awaited in a `#[durable]` function; elsewhere use `.run().await`"]
pub trait StepCall: Operation + Sized {
    /// Runs the body once, outside of any durable function, recording nothing.
    fn run(self) -> impl Future<Output = Self::Output>;

    /// Gives the step another name in history. A name is an operation's identity: replays look for it.
    #[must_use = "a step does nothing until it is awaited"]
    fn named(self, name: impl Into<Cow<'static, str>>) -> Self;

    /// Sets how a failed attempt is repeated.
    #[must_use = "a step does nothing until it is awaited"]
    fn retry(self, retry: Retry) -> Self;

    /// Ends an attempt that takes longer than this, as a failed one.
    #[must_use = "a step does nothing until it is awaited"]
    fn timeout(self, timeout: Duration) -> Self;

    /// What the result passes on its way to the record and back.
    #[must_use = "a step does nothing until it is awaited"]
    fn serdes(self, serdes: impl Serdes) -> Self;
}

#[diagnostic::do_not_recommend]
impl<F, T, C> StepCall for Step<F, C>
where
    F: AsyncFn() -> T,
    C: Codec<T>,
{
    async fn run(self) -> T {
        (self.body)().await
    }

    fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    fn retry(mut self, retry: Retry) -> Self {
        self.attempts.retry = Some(retry);
        self
    }

    fn timeout(mut self, timeout: Duration) -> Self {
        self.attempts.timeout = Some(timeout);
        self
    }

    fn serdes(mut self, serdes: impl Serdes) -> Self {
        self.serdes = Some(Arc::new(serdes));
        self
    }
}

#[diagnostic::do_not_recommend]
impl<F, T, E, C> StepCall for AtMostOnce<F, C>
where
    F: AsyncFn() -> Result<T, E>,
    C: Codec<Result<T, E>>,
    E: From<StepInterrupted>,
{
    async fn run(self) -> Result<T, E> {
        self.step.run().await
    }

    fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { step: self.step.named(name) }
    }

    fn retry(self, retry: Retry) -> Self {
        Self { step: self.step.retry(retry) }
    }

    fn timeout(self, timeout: Duration) -> Self {
        Self { step: self.step.timeout(timeout) }
    }

    fn serdes(self, serdes: impl Serdes) -> Self {
        Self { step: self.step.serdes(serdes) }
    }
}

#[diagnostic::do_not_recommend]
impl<F, T, C> Operation for Step<F, C>
where
    F: AsyncFn() -> T,
    C: Codec<T>,
{
    type Output = T;

    async fn perform(self, ctx: &Ctx, place: Place) -> T {
        let (step, codec, recorded) = self.perform_recorded(ctx, place).await;
        ctx.decode(&codec, recorded, &step).await
    }
}

#[diagnostic::do_not_recommend]
impl<F, T, E, C> Operation for AtMostOnce<F, C>
where
    F: AsyncFn() -> Result<T, E>,
    C: Codec<Result<T, E>>,
    E: From<StepInterrupted>,
{
    type Output = Result<T, E>;

    async fn perform(self, ctx: &Ctx, place: Place) -> Result<T, E> {
        let (step, codec, recorded) = self.step.perform_recorded(ctx, place).await;
        match recorded {
            Recorded::Failed(error) if error.is(INTERRUPTED) => {
                Err(StepInterrupted { message: error.message.unwrap_or_default() }.into())
            }
            recorded => ctx.decode(&codec, recorded, &step).await,
        }
    }
}

tokio::task_local! {
    static ATTEMPT: u32;
}

/// The number of the attempt in which this step body runs, counted from 1; 1 outside of a step.
pub fn attempt() -> u32 {
    ATTEMPT.try_with(|attempt| *attempt).unwrap_or(1)
}

/// What came of an attempt.
pub(crate) struct Attempted {
    pub(crate) recorded: Recorded,
    /// Whether another attempt may follow if this one failed.
    pub(crate) retryable: bool,
}

impl Attempted {
    /// A failure that another attempt may follow.
    fn failed(error: ErrorObject) -> Self {
        Self { recorded: Recorded::Failed(error), retryable: true }
    }
}

/// Runs attempts until the step has an outcome, recorded before it is returned.
pub(crate) async fn run_attempts(
    ctx: &Ctx,
    step: &Performed,
    attempts: Attempts,
    attempt: impl AsyncFn() -> Attempted,
) -> Recorded {
    let defaults = ctx.defaults();
    let retry = attempts.retry.or(defaults.retry).unwrap_or_default();
    let timeout = attempts.timeout.or(defaults.timeout);
    loop {
        let number = step.attempts() + 1;
        let mut interrupted = false;
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
            None | Some(State::Ready) if attempts.at_most_once => step.start_recorded(Start::Plain).await,
            None | Some(State::Ready) => {
                step.start(Start::Plain);
            }
        }
        let outcome = if interrupted {
            let message = format!("{}: attempt {number} was interrupted", step.describe());
            Attempted::failed(ErrorObject::new(INTERRUPTED, message))
        } else {
            let limited = limit(step, timeout, attempt());
            guard_panic(ctx, step, ATTEMPT.scope(number, limited)).await.unwrap_or_else(Attempted::failed)
        };
        let Attempted { recorded, retryable } = outcome;
        let error = match recorded {
            Recorded::Failed(error) if retryable && !is_final(&error) => error,
            recorded => {
                step.end(recorded).await;
                continue;
            }
        };
        match retry.delay_after(number, ctx.run().environment.entropy.chance()) {
            Some(delay_seconds) => step.retry(Err(error), delay_seconds).await,
            None => step.end(Recorded::Failed(error)).await,
        }
    }
}

/// Ends an attempt that takes too long.
async fn limit(step: &Performed, timeout: Option<Duration>, attempt: impl Future<Output = Attempted>) -> Attempted {
    let Some(timeout) = timeout else { return attempt.await };
    tokio::time::timeout(timeout, attempt).await.unwrap_or_else(|_| {
        let message = format!("{} took longer than {timeout:?}", step.describe());
        Attempted::failed(ErrorObject::new(TIMED_OUT, message))
    })
}

/// A result that does not serialise would not do so the next time either.
fn is_final(error: &ErrorObject) -> bool {
    error.is("SerializationError")
}

/// Runs a step's body; a panic is an error and must not take the worker's other executions along. The body gets no
/// second use of what it broke, because the next attempt calls it anew.
pub(crate) async fn guard_panic<T>(
    ctx: &Ctx,
    step: &Performed,
    body: impl Future<Output = T>,
) -> Result<T, ErrorObject> {
    let caught = ctx.run().busy(AssertUnwindSafe(body).catch_unwind()).await;
    caught.map_err(|panic| {
        let message = format!("{} panicked: {}", step.describe(), panic_text(panic.as_ref()));
        ErrorObject::new("StepPanicked", message)
    })
}

/// What a panic says, if it says it in text.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// A by-value argument of a step, which every attempt gets anew.
#[diagnostic::on_unimplemented(
    message = "a step needs a copy of `{Self}` for each attempt, but the type can't be cloned",
    label = "a retry would need this value once more",
    note = "pass a reference (`&value`), or put `#[derive(Clone)]` on the type"
)]
pub trait Repeatable: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Repeatable for T {}

impl Halt {
    /// The halt of a user mistake that only shows at run time.
    pub(crate) fn misuse(message: impl Into<String>) -> Self {
        Self::Fail(ErrorObject::new("ValidationError", message))
    }
}
