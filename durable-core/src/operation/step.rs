//! Steps: code that runs until it succeeds or is given up, and whose result is recorded.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::attempts::{Attempted, Attempts, INTERRUPTED, run_attempts};
use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::{Halt, Performed, serialisation_failure};
use crate::model::{ErrorObject, Kind, Retry};
use crate::value::{Codec, CodecError, Filtered, GivenSerdes, Recorded, Serdes};

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
        let attempt: &Attempt<'_> = &|| {
            Box::pin(async {
                let outcome = body().await;
                (codec.encode(&outcome), codec.is_retryable(&outcome))
            })
        };
        let (step, recorded) = perform_step(ctx, name, (attempts, &serdes), attempt, place).await;
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

/// A step's body with its outcome encoded, and whether another attempt may follow if it failed.
type Attempt<'a> = dyn Fn() -> Pin<Box<dyn Future<Output = (Result<Recorded, CodecError>, bool)> + 'a>> + 'a;

/// Performs any step. Behind a pointer, so that the loop of attempts is compiled once and not for each step.
async fn perform_step(
    ctx: &Ctx,
    name: GivenName,
    (attempts, serdes): (Attempts, &GivenSerdes),
    attempt: &Attempt<'_>,
    place: Place,
) -> (Performed, Recorded) {
    let step = ctx.perform(Kind::Step, place.name(name), place).await.with_serdes(serdes);
    let attempt = async || {
        let (encoded, retryable) = attempt().await;
        match encoded {
            Ok(recorded) => Attempted { recorded, retryable },
            // A result that does not serialise would not do so the next time either.
            Err(error) => Attempted { recorded: serialisation_failure(step.describe(), &error), retryable: false },
        }
    };
    let recorded = run_attempts(ctx, &step, attempts, attempt).await;
    (step, recorded)
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
