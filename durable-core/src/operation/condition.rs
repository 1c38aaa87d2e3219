//! Waiting until something holds that has to be looked at again and again.

use std::any::Any;
use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::attempts::{guard_panic, in_attempt, kept_delay, wrong_mock};
use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::{Halt, Instead, Performed, serialisation_failure};
use crate::model::{ErrorObject, Jitter, Kind, Retry, Start, State, TooLong, wait_seconds};
pub use crate::value::ConditionError;
use crate::value::{CONDITION, DurableValue, GivenSerdes, Recorded, Serdes, error_object, from_json, to_json};

/// Checks something until it holds, with durable waits between the checks:
/// `wait_for_condition(Progress::default(), async |seen| look(seen).await).until(|seen| seen.is_done()).await?`.
///
/// `check` gets the state of the check before, and returns the next one; it is a step body, so it may touch the world. It
/// may take as long as it wants: the `retry` and `timeout` of a `#[durable(…)]` are for steps.
/// Without [`until`](WaitForCondition::until) the first check is the last.
///
/// **Recorded:** each check with the state that it returned and the delay before the next, and the last state.
/// **Replay:** the last state; checks that were made are not made again.
/// **Errors:** an `Err` of `check` ends the wait at once, as does the last of the checks that
/// [`checks`](WaitForCondition::checks) allows: see [`ConditionError`].
///
/// ```
/// use durable::prelude::*;
/// use durable::{Encrypt, Retry, wait_for_condition};
///
/// async fn progress(seen: u32) -> Result<u32, String> {
///     Ok(seen + 1)
/// }
///
/// #[durable]
/// async fn until_ready() -> Option<u32> {
///     let ready = wait_for_condition(0, async |seen| progress(seen).await);
///     let ready = ready.until(|seen| *seen >= 2).checks(Retry::FIXED.initial_delay_ms(1_000)).named("ready");
///     // The state is encrypted on record. A key for the example; a real one comes from where secrets are kept.
///     ready.serdes(Encrypt::new([7; 32])).await.ok()
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(until_ready).start().await?;
/// # assert_eq!(engine.start(until_ready()).await?.output().await?, Some(2));
/// # Ok(())
/// # }
/// ```
pub fn wait_for_condition<S, F, R>(initial: S, check: F) -> WaitForCondition<S, F, R>
where
    S: DurableValue,
    F: AsyncFn(S) -> R,
    R: Checked<S>,
{
    let checks = Retry::DEFAULT.max_attempts(60).max_delay_ms(300_000).backoff_rate(1.5).jitter(Jitter::Full);
    let until = |_: &S| true;
    WaitForCondition { initial, check, until, checks, name: None, serdes: None, result: PhantomData }
}

/// See [`wait_for_condition`].
#[must_use = "nothing is checked until this is awaited in a `#[durable]` function"]
pub struct WaitForCondition<S, F, R, U = fn(&S) -> bool, C = Retry> {
    initial: S,
    check: F,
    until: U,
    checks: C,
    name: GivenName,
    serdes: GivenSerdes,
    result: PhantomData<fn() -> R>,
}

impl<S, F, R, U, C> WaitForCondition<S, F, R, U, C> {
    /// Gives the operation a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    /// What the state passes on its way to the record and back.
    pub fn serdes(self, serdes: impl Serdes) -> Self {
        Self { serdes: Some(Arc::new(serdes)), ..self }
    }

    /// When it is enough.
    pub fn until<V: Fn(&S) -> bool>(self, until: V) -> WaitForCondition<S, F, R, V, C> {
        let Self { initial, check, until: _, checks, name, serdes, result } = self;
        WaitForCondition { initial, check, until, checks, name, serdes, result }
    }

    /// How many checks there are at most, and how long the waits between them are: 60 checks, 5 s growing by half up
    /// to 5 minutes, full jitter, if not said.
    pub fn checks(self, checks: Retry) -> WaitForCondition<S, F, R, U> {
        let Self { initial, check, until, checks: _, name, serdes, result } = self;
        WaitForCondition { initial, check, until, checks, name, serdes, result }
    }

    /// How long to wait after a check, from the state that it gave and its number, counted from 1; `None` gives up. A
    /// delay is rounded up to whole seconds, and is one at least; one of more than 366 days fails the execution with a
    /// `ValidationError`.
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::wait_for_condition;
    ///
    /// #[durable]
    /// async fn until_there(goal: u32) -> Option<u32> {
    ///     let there = wait_for_condition(0, async |seen: u32| seen + 1);
    ///     // The closer, the more often.
    ///     let there = there.until(|seen| *seen >= goal).checks_by(|seen, check| {
    ///         (check < 100).then(|| seconds((goal - seen).into()))
    ///     });
    ///     there.await.ok()
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(until_there).start().await?;
    /// # assert_eq!(engine.start(until_there(2)).await?.output().await?, Some(2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn checks_by<D: Fn(&S, u32) -> Option<Duration>>(self, delay: D) -> WaitForCondition<S, F, R, U, By<D>> {
        let Self { initial, check, until, checks: _, name, serdes, result } = self;
        WaitForCondition { initial, check, until, checks: By(delay), name, serdes, result }
    }
}

/// How the checks of a condition are spaced.
pub trait Checks<S> {
    #[doc(hidden)]
    fn delay_seconds(&self, state: &S, check: u32, chance: f64) -> Result<Option<u32>, TooLong>;
}

impl<S> Checks<S> for Retry {
    fn delay_seconds(&self, _: &S, check: u32, chance: f64) -> Result<Option<u32>, TooLong> {
        self.delay(&ErrorObject::default(), check, chance)
    }
}

/// A function of the state and the number of the check; see [`WaitForCondition::checks_by`].
pub struct By<D>(D);

impl<S, D: Fn(&S, u32) -> Option<Duration>> Checks<S> for By<D> {
    fn delay_seconds(&self, state: &S, check: u32, _: f64) -> Result<Option<u32>, TooLong> {
        (self.0)(state, check).map(wait_seconds).transpose()
    }
}

#[diagnostic::do_not_recommend]
impl<S, F, R, U, C> Operation for WaitForCondition<S, F, R, U, C>
where
    S: DurableValue,
    F: AsyncFn(S) -> R,
    R: Checked<S>,
    U: Fn(&S) -> bool,
    C: Checks<S>,
{
    type Output = Result<S, ConditionError>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let step = ctx.perform(Kind::WaitForCondition, place.name(self.name.clone()), place).await;
        let step = step.with_serdes(&self.serdes);
        let initial = match to_json(&self.initial) {
            Ok(initial) => initial,
            Err(error) => return ctx.halt(Halt::misuse(format!("{step}: {error}"))).await,
        };
        loop {
            match step.state() {
                Some(State::Succeeded(payload)) => match from_json(step.open(payload).await.as_deref()) {
                    Ok(state) => return Ok(state),
                    Err(source) => return ctx.halt(Halt::Unreadable { what: step.to_string(), source }).await,
                },
                Some(State::Pending { .. }) => {
                    step.settled(0).await;
                    continue;
                }
                Some(State::Started) => {}
                None | Some(State::Ready) => {
                    step.start(Start::Plain);
                }
                Some(State::Failed(error) | State::TimedOut(error) | State::Stopped(error)) => return Err(error.into()),
                Some(State::Cancelled) => return Err(ConditionError::Check(ErrorObject::default())),
            }
            let before = if step.attempts() == 0 { initial.clone() } else { step.polled().await };
            match from_json(before.as_deref()) {
                Ok(state) => self.check_once(ctx, &step, state).await,
                Err(source) => return ctx.halt(Halt::Unreadable { what: step.to_string(), source }).await,
            }
        }
    }
}

impl<S, F, R, U, C> WaitForCondition<S, F, R, U, C>
where
    S: DurableValue,
    F: AsyncFn(S) -> R,
    R: Checked<S>,
    U: Fn(&S) -> bool,
    C: Checks<S>,
{
    /// Makes one check and records what comes of it.
    async fn check_once(&self, ctx: &Ctx, step: &Performed, state: S) {
        let number = step.attempts() + 1;
        step.user_function_begins(number, false);
        let check = in_attempt(ctx, number, async {
            match step.instead_of(&state) {
                None => (self.check)(state).await.checked(),
                Some(Instead::Gives(given)) => {
                    R::adopt(given).unwrap_or_else(|| Err(wrong_mock("the check", std::any::type_name::<R>())))
                }
                Some(Instead::Fails(error)) => Err(error),
                Some(Instead::Hangs) => std::future::pending().await,
            }
        });
        let checked = guard_panic(ctx, step, None, check).await.and_then(|checked| checked);
        let outcome = match &checked {
            Ok(_) => Recorded::Succeeded(None),
            Err(error) => Recorded::Failed(error.clone()),
        };
        step.user_function_ends(number, false, &outcome);
        let state = match checked {
            Ok(state) => state,
            Err(error) => return step.end(Recorded::Failed(error)).await,
        };
        let payload = match to_json(&state) {
            Ok(payload) => payload,
            Err(error) => return step.end(serialisation_failure(step, &error)).await,
        };
        if (self.until)(&state) {
            return step.end(Recorded::Succeeded(payload)).await;
        }
        let delay = self.checks.delay_seconds(&state, number, ctx.run().environment.entropy.chance());
        match kept_delay(ctx, step, number, delay).await {
            Some(delay_seconds) => match step.seal(payload).await {
                Ok(sealed) => step.retry(Ok(sealed), delay_seconds).await,
                Err(error) => step.end(Recorded::Failed(error)).await,
            },
            None => {
                let message = format!("the condition did not hold after {number} checks");
                step.end(Recorded::Failed(ErrorObject::new(CONDITION, message))).await;
            }
        }
    }
}

impl From<ErrorObject> for ConditionError {
    fn from(error: ErrorObject) -> Self {
        if error.is(CONDITION) { Self::Exhausted(error) } else { Self::Check(error) }
    }
}

/// What a check may return: the next state, or a `Result` with it whose error has a text.
///
/// **Recorded:** an error's type and text, and of an [`ErrorObject`] or a [`durable::Error`](crate::value::Error) also the data
/// that it carries. **Replay:** the same, as [`ConditionError::Check`].
pub trait Checked<S> {
    #[doc(hidden)]
    fn checked(self) -> Result<S, ErrorObject>;

    /// What stands in for this in a test; nothing if that is of another type.
    #[doc(hidden)]
    fn adopt(given: Box<dyn Any>) -> Option<Result<S, ErrorObject>>;
}

impl<S: 'static> Checked<S> for S {
    fn checked(self) -> Result<S, ErrorObject> {
        Ok(self)
    }

    fn adopt(given: Box<dyn Any>) -> Option<Result<S, ErrorObject>> {
        given.downcast::<S>().ok().map(|state| Ok(*state))
    }
}

impl<S: 'static, E: Display + 'static> Checked<S> for Result<S, E> {
    fn checked(self) -> Result<S, ErrorObject> {
        self.map_err(|error| error_object(&error))
    }

    fn adopt(given: Box<dyn Any>) -> Option<Result<S, ErrorObject>> {
        given.downcast::<Self>().ok().map(|given| (*given).checked())
    }
}
