//! Steps: code that runs until it succeeds or is given up, and whose result is recorded.

mod define;
mod perform;

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use define::unrecordable;
pub use define::{MakeStep, body_of};
pub(super) use perform::perform;

use super::attempts::Attempts;
use super::{Ctx, GivenName, LocalBoxFuture, Operation, Performing, Place, given};
use crate::context::{Given, Halt};
use crate::model::{ErrorObject, Retry};
use crate::replay::Key;
use crate::value::{Codec, GivenSerdes, Serdes};

/// A step: made by `#[step]` on a definition, a statement or an expression.
///
/// **Recorded:** that the step began, each failed attempt with the delay before the next, and the result or the error.
/// The start travels with the outcome, so a step costs one durable write.
///
/// **Replay:** a recorded outcome is returned without running the body. A step that was interrupted runs again.
///
/// **Errors:** an `Err` is retried as [`Retry`] says; the last one is recorded and returned. A panic, or an attempt that
/// takes longer than the timeout, counts as a failed attempt; if it is the last one, the step's error type gets it by its
/// `From<durable::Error>`. Without that there is no place for it, and the execution fails.
///
/// ```
/// use durable::prelude::*;
/// use durable::{Encrypt, Retry, StepInterrupted};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// enum ShipError {
///     NoStock,
///     Busy,
///     /// It may have been shipped, and nobody knows.
///     Unknown,
/// }
///
/// impl From<StepInterrupted> for ShipError {
///     fn from(_: StepInterrupted) -> Self {
///         Self::Unknown
///     }
/// }
///
/// #[step(at_most_once, retry(if = |error: &ShipError| matches!(error, ShipError::Busy)))]
/// async fn ship(parcel: u32) -> Result<u32, ShipError> {
///     if parcel > 0 { Ok(parcel) } else { Err(ShipError::NoStock) }
/// }
///
/// #[durable]
/// async fn order(parcel: u32) -> Result<u32, ShipError> {
///     // What the definition says can be said anew where it is called.
///     let shipped = ship(parcel).named("ship-it").was("send").retry(Retry::TRANSIENT);
///     shipped.timeout(minutes(1)).serdes(Encrypt::new([7; 32])).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Outside of durable functions a step runs by itself, and nothing is recorded.
/// assert!(matches!(ship(0).run().await, Err(ShipError::NoStock)));
/// # let engine = Engine::in_memory().register(order).start().await?;
/// # assert!(matches!(engine.start(order(7)).await?.output().await?, Ok(7)));
/// # Ok(())
/// # }
/// ```
#[must_use = "a step does nothing until it is awaited in a `#[durable]` function; elsewhere use `.run().await`"]
pub struct Step<A, T: 'static> {
    body: Applied<A, T>,
    codec: &'static dyn Codec<T>,
    options: Options<'static, T>,
}

/// A definition's body with its arguments.
///
/// Not a closure that captured them. That would be a type for each definition, and so would the step be; this one is
/// compiled once for all definitions with arguments and a result of the same types.
struct Applied<A, T> {
    arguments: A,
    call: CallBody<A, T>,
}

/// What calls a step's body with its arguments, as often as there are attempts.
pub type CallBody<A, T> = for<'a> fn(&'a A) -> LocalBoxFuture<'a, T>;

impl<'a, A, T> Body<'a, T> for Applied<A, T> {
    fn call(&'a self) -> LocalBoxFuture<'a, T> {
        (self.call)(&self.arguments)
    }
}

impl<A, T: 'static> Step<A, T> {
    fn new(name: &'static str, arguments: A, call: CallBody<A, T>, codec: &'static dyn Codec<T>) -> Self {
        Self { body: Applied { arguments, call }, codec, options: Options::default().named(name) }
    }

    #[doc(hidden)]
    pub fn told(mut self, arguments: Vec<Option<String>>) -> Self {
        self.options.said.arguments = arguments;
        self
    }

    /// Lets each attempt begin at most once: the start is recorded before the body runs, and an attempt that was
    /// interrupted is a failed one, with a [`StepInterrupted`]. `#[step(at_most_once)]` on a definition is
    /// `step.at_most_once()`; see [`Step`].
    pub fn at_most_once(self) -> Self
    where
        T: Interruptible,
    {
        Self { options: self.options.at_most_once(), ..self }
    }

    /// Repeats a failed attempt only if its error passes this test, or is one that [`Retry::only`] or [`Retry::messages`]
    /// name. `#[step(retry(if = is_transient))]` on a definition is `step.retry_if(is_transient)`; see [`Step`].
    ///
    /// An attempt that was interrupted, panicked or took too long is tested by the error that the code gets for it, made by
    /// `From<StepInterrupted>` or `From<durable::Error>`. Where the error type has neither, it passes no test.
    pub fn retry_if(self, retry_if: impl Fn(&T::Error) -> bool + 'static) -> Self
    where
        T: Fallible,
    {
        Self { options: self.options.retry_if(retry_if), ..self }
    }
}

/// The error of an at-most-once attempt that was interrupted: whether it had its effect is not known.
///
/// See [`Step`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct StepInterrupted {
    /// Which step, and which attempt.
    pub message: String,
}

/// What is said of a step beside its body, which gives a `T`.
pub struct Options<'a, T> {
    said: Said<'a>,
    result: PhantomData<fn(&T)>,
}

/// What is said of a step beside its body. It has no type of result, so that nothing here is compiled for each.
#[derive(Default)]
pub(super) struct Said<'a> {
    name: GivenName,
    was: GivenName,
    key: Option<Key>,
    attempts: Attempts,
    serdes: GivenSerdes,
    retryable: Option<Box<Test<'a>>>,
    /// What a test is told of the arguments, as JSON.
    arguments: Vec<Option<String>>,
    /// What the code gets for an attempt that was interrupted, if each begins at most once.
    interrupted: Option<fn(StepInterrupted) -> Box<dyn Given>>,
}

/// Whether another attempt may follow one with this outcome.
type Test<'a> = dyn Fn(&dyn Any) -> bool + 'a;

impl<T> Default for Options<'_, T> {
    fn default() -> Self {
        Self { said: Said::default(), result: PhantomData }
    }
}

impl<'a, T> Options<'a, T> {
    pub(super) fn said(self) -> Said<'a> {
        self.said
    }

    fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.said.name = given(name);
        self
    }

    #[doc(hidden)]
    pub fn was(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.said.was = given(name);
        self
    }

    #[doc(hidden)]
    pub fn key(mut self, key: impl fmt::Display) -> Self {
        self.said.key = Some(key.to_string().into());
        self
    }

    #[doc(hidden)]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.said.attempts.retry = Some(retry);
        self
    }

    #[doc(hidden)]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.said.attempts.timeout = Some(timeout);
        self
    }

    #[doc(hidden)]
    pub fn serdes(mut self, serdes: impl Serdes) -> Self {
        self.said.serdes = Some(Arc::new(serdes));
        self
    }
}

/// What a step can give whose attempts begin at most once: a `Result` whose error can be made of a [`StepInterrupted`].
#[diagnostic::on_unimplemented(
    message = "a step that is `at_most_once` has to say that an attempt was interrupted, and `{Self}` can't",
    label = "the body must return a `Result` whose error implements `From<StepInterrupted>`",
    note = "add a variant to the error type and `impl From<durable::StepInterrupted> for` it; or leave `at_most_once` away: then an interrupted attempt runs again"
)]
pub trait Interruptible {
    #[doc(hidden)]
    fn interrupted(interrupted: StepInterrupted) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<StepInterrupted>> Interruptible for Result<T, E> {
    fn interrupted(interrupted: StepInterrupted) -> Self {
        Err(interrupted.into())
    }
}

impl<T: 'static> Options<'_, T> {
    #[doc(hidden)]
    pub fn at_most_once(mut self) -> Self
    where
        T: Interruptible,
    {
        self.said.attempts.at_most_once = true;
        self.said.interrupted = Some(|interrupted| Box::new(T::interrupted(interrupted)));
        self
    }
}

/// What a step can give whose errors are tested before another attempt: a `Result`.
#[diagnostic::on_unimplemented(
    message = "`retry(if = …)` tests the error of a step, and `{Self}` has none",
    label = "the body must return a `Result`",
    note = "return a `Result`, whose `Err` is tested; or leave the `if` out: then an attempt that panics or takes too long is repeated"
)]
pub trait Fallible: 'static {
    #[doc(hidden)]
    type Error;

    #[doc(hidden)]
    fn error(&self) -> Option<&Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: 'static, E: 'static> Fallible for Result<T, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

impl<'a, T> Options<'a, T> {
    // The bound is the method's: what does not fit is then explained.
    #[doc(hidden)]
    pub fn retry_if(mut self, retry_if: impl Fn(&T::Error) -> bool + 'a) -> Self
    where
        T: Fallible,
    {
        self.said.retryable =
            Some(Box::new(move |outcome| outcome.downcast_ref().and_then(T::error).is_none_or(&retry_if)));
        self
    }
}

/// A step's code, which can be called once more for another attempt.
pub trait Body<'a, T> {
    #[doc(hidden)]
    fn call(&'a self) -> LocalBoxFuture<'a, T>;
}

impl<'a, T, F, R> Body<'a, T> for F
where
    F: Fn() -> R,
    R: IntoFuture<Output = T>,
    R::IntoFuture: 'a,
{
    fn call(&'a self) -> LocalBoxFuture<'a, T> {
        boxed(self())
    }
}

/// An `async` closure as a step's body; its future may borrow from the closure itself.
pub struct AsyncBody<F>(F);

/// See [`AsyncBody`].
pub fn async_body<F: AsyncFn() -> T, T>(body: F) -> AsyncBody<F> {
    AsyncBody(body)
}

impl<'a, T, F: AsyncFn() -> T> Body<'a, T> for AsyncBody<F> {
    fn call(&'a self) -> LocalBoxFuture<'a, T> {
        Box::pin((self.0)())
    }
}

/// A closure that gives a future as a step's body. The bound tells the compiler which kind of closure it is, so that one
/// that changes or moves what it captures is an error where it does.
pub fn future_body<F: Fn() -> R, R: IntoFuture>(body: F) -> F {
    body
}

/// A closure that gives the outcome itself as a step's body. The bound is there for what [`future_body`] is for.
pub struct SyncBody<F>(F);

/// See [`SyncBody`].
pub fn sync_body<F: Fn() -> T, T>(body: F) -> SyncBody<F> {
    SyncBody(body)
}

impl<'a, T: 'a, F: Fn() -> T> Body<'a, T> for SyncBody<F> {
    fn call(&'a self) -> LocalBoxFuture<'a, T> {
        boxed(std::future::ready((self.0)()))
    }
}

/// Compiled once for each type of future, and not for each step.
fn boxed<'a, R: IntoFuture>(future: R) -> LocalBoxFuture<'a, R::Output>
where
    R::IntoFuture: 'a,
{
    let future: Box<dyn Future<Output = R::Output> + 'a> = Box::new(future.into_future());
    Box::into_pin(future)
}

/// The operation that a `#[step]` definition returns: see [`Step`] for an example of all its methods.
#[must_use = "a step does nothing until it is awaited in a `#[durable]` function; elsewhere use `.run().await`"]
pub trait StepCall: Operation + Sized {
    /// Runs the body once, outside of any durable function, recording nothing.
    fn run(self) -> impl Future<Output = Self::Output>;

    /// Gives the step another name in history. A name is an operation's identity: replays look for it.
    #[must_use = "a step does nothing until it is awaited"]
    fn named(self, name: impl Into<Cow<'static, str>>) -> Self;

    /// The name that the step had before: what was recorded under it is found, and goes on under it. What is new gets the
    /// new name. Keep it for as long as executions run that were started under the old name.
    #[must_use = "a step does nothing until it is awaited"]
    fn was(self, name: impl Into<Cow<'static, str>>) -> Self;

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
impl<A, T: 'static> StepCall for Step<A, T> {
    async fn run(self) -> T {
        self.body.call().await
    }

    fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { options: self.options.named(name), ..self }
    }

    fn was(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { options: self.options.was(name), ..self }
    }

    fn retry(self, retry: Retry) -> Self {
        Self { options: self.options.retry(retry), ..self }
    }

    fn timeout(self, timeout: Duration) -> Self {
        Self { options: self.options.timeout(timeout), ..self }
    }

    fn serdes(self, serdes: impl Serdes) -> Self {
        Self { options: self.options.serdes(serdes), ..self }
    }
}

#[diagnostic::do_not_recommend]
impl<A, T: 'static> Operation for Step<A, T> {
    type Output = T;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> T {
        perform(ctx, place, &self.body, self.codec, self.options.said).await
    }

    // Where no key is given and nothing else performs it, only what runs the body is compiled for each definition.
    #[track_caller]
    fn perform<'a>(self, ctx: &'a Ctx, name: &'static str) -> Performing<'a, T>
    where
        Self: 'a,
    {
        perform::perform_boxed(ctx, name, Box::new(self.body), self.codec, self.options.said)
    }
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
