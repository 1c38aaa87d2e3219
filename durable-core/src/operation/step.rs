//! Steps: code that runs until it succeeds or is given up, and whose result is recorded.

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::{Halt, Performed, encode};
use crate::model::{ErrorObject, Kind, Retry, Start, State};
use crate::value::{Codec, Recorded};

/// A step: made by `#[step]` on a definition, a statement or an expression.
///
/// **Recorded:** that the step began, each failed attempt with the delay before the next, and the result or the error.
/// The start travels with the outcome, so a step costs one durable write.
///
/// **Replay:** a recorded outcome is returned without running the body. A step that was interrupted runs again.
///
/// **Errors:** an `Err` is retried as [`Retry`] says; the last one is recorded and returned. A panic counts as a failed
/// attempt; if it is the last one, the execution fails.
#[must_use = "a step does nothing until it is awaited in a `#[durable]` function; elsewhere use `.run().await`"]
pub struct Step<F, C> {
    body: F,
    codec: C,
    name: GivenName,
    retry: Retry,
}

impl<F, T, C> Step<F, C>
where
    F: AsyncFn() -> T,
    C: Codec<T>,
{
    #[doc(hidden)]
    pub fn new(body: F, codec: C) -> Self {
        Self { body, codec, name: None, retry: Retry::DEFAULT }
    }
}

/// The operation that a `#[step]` definition returns.
#[must_use = "a step does nothing until it is awaited in a `#[durable]` function; elsewhere use `.run().await`"]
pub trait StepCall: Operation {
    /// Runs the body once, outside of any durable function, recording nothing.
    fn run(self) -> impl Future<Output = Self::Output>;

    /// Gives the step another name in history. A name is an operation's identity: replays look for it.
    #[must_use = "a step does nothing until it is awaited"]
    fn named(self, name: impl Into<Cow<'static, str>>) -> Self;

    /// Sets how a failed attempt is repeated.
    #[must_use = "a step does nothing until it is awaited"]
    fn retry(self, retry: Retry) -> Self;
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

    fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
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
        let Self { body, codec, name, retry } = self;
        let step = ctx.perform(Kind::Step, place.name(name), place).await;
        let attempt = async || encode(&codec, &body().await, step.describe());
        let recorded = run_attempts(ctx, &step, retry, attempt).await;
        ctx.decode(&codec, recorded, &step).await
    }
}

/// Runs attempts until the step has an outcome, recorded before it is returned.
pub(crate) async fn run_attempts(
    ctx: &Ctx,
    step: &Performed,
    retry: Retry,
    attempt: impl AsyncFn() -> Recorded,
) -> Recorded {
    loop {
        match step.state() {
            Some(State::Succeeded(payload)) => return Recorded::Succeeded(payload),
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
            // An interrupted attempt has its start recorded already.
            Some(State::Started) => {}
            None | Some(State::Ready) => {
                step.start(Start::Plain);
            }
        }
        let number = step.attempts() + 1;
        // A panic must not take the worker's other executions along; the body gets no second use of what it broke,
        // because the next attempt calls it anew.
        let attempted = ctx.run().busy(AssertUnwindSafe(attempt()).catch_unwind()).await;
        let outcome = attempted.unwrap_or_else(|panic| Recorded::Failed(panic_error(step, panic.as_ref())));
        match outcome {
            Recorded::Succeeded(payload) => step.end(Recorded::Succeeded(payload)).await,
            Recorded::Failed(error) if is_final(&error) => step.end(Recorded::Failed(error)).await,
            Recorded::Failed(error) => match retry.delay_after(number, ctx.run().environment.entropy.chance()) {
                Some(delay_seconds) => step.retry(Err(error), delay_seconds).await,
                None => step.end(Recorded::Failed(error)).await,
            },
        }
    }
}

/// A result that does not serialise would not do so the next time either.
fn is_final(error: &ErrorObject) -> bool {
    error.is("SerializationError")
}

fn panic_error(step: &Performed, panic: &(dyn Any + Send)) -> ErrorObject {
    ErrorObject::new("StepPanicked", format!("{} panicked: {}", step.describe(), panic_text(panic)))
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
