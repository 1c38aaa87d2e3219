//! A callback and the step that hands its id out, in one operation.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::attempts::{Attempted, Attempts, Repeats, run_attempts, wrong_mock};
use super::callback::{CallbackError, Limits, Undelivered, callback_limits, completion, open, read};
use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::Instead;
use crate::model::{CallbackId, ErrorObject, InvalidName, Kind, Name, OperationId, Retry, Start, State};
use crate::replay::Key;
use crate::value::{GivenSerdes, Recorded, Serdes, error_object};

/// Opens a callback, hands its id to `submitter`, and waits for the result with
/// [`await_callback`](WaitForCallback::await_callback).
///
/// `submitter` is a step: it may call the outside world, is retried when it returns `Err`, and its result is recorded.
///
/// **Recorded:** a context with the callback and the submitter's step inside, and the delivered result or the error.
/// **Replay:** what is recorded; the submitter runs once unless it failed or was interrupted.
/// **Errors:** [`CallbackError`], with the submitter's last error as [`CallbackError::Submitter`]; a timeout of more than
/// 99,999,999 seconds fails the execution with a `ValidationError`.
///
/// ```
/// use durable::prelude::*;
/// use durable::{Retry, Serdes, SerdesContext, SerdesFuture};
///
/// /// What comes from outside is JSON already.
/// struct Untouched;
///
/// impl Serdes for Untouched {
///     fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
///         Box::pin(async { Ok(json) })
///     }
///
///     fn deserialize<'a>(&'a self, text: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
///         Box::pin(async { Ok(text) })
///     }
/// }
///
/// #[derive(Clone)]
/// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
///
/// async fn ask(desk: &Desk, id: CallbackId) -> Result<(), String> {
///     desk.0.send(id).map_err(|_| "the desk is closed".to_owned())
/// }
///
/// #[durable]
/// async fn approval(State(desk): State<Desk>) -> Result<bool, durable::CallbackError> {
///     let approved = wait_for_callback(async |id| ask(&desk, id).await).timeout(days(3)).named("approval");
///     let approved = approved.heartbeat_timeout(hours(1)).retry(Retry::CRITICAL).serdes(Untouched);
///     approved.await_callback::<bool>()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
/// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
/// let run = engine.start(approval()).await?;
/// let id = ids.recv().await.ok_or("nobody asks")?;
/// engine.complete_callback(&id, &true).await?;
/// assert_eq!(run.output().await?, Ok(true));
/// # Ok(())
/// # }
/// ```
pub fn wait_for_callback<F, R>(submitter: F) -> WaitForCallback<F>
where
    F: AsyncFn(CallbackId) -> R,
    R: Submitted,
{
    WaitForCallback { submitter, limits: Limits::default(), retry: None, name: None, key: None, serdes: None }
}

/// See [`wait_for_callback`].
#[must_use = "nothing happens until `.await_callback()` is called on it in a `#[durable]` function"]
pub struct WaitForCallback<F> {
    submitter: F,
    limits: Limits,
    retry: Option<Retry>,
    name: GivenName,
    key: Option<Key>,
    serdes: GivenSerdes,
}

impl<F> WaitForCallback<F> {
    /// What makes JSON of the text that is delivered; history keeps the text.
    pub fn serdes(self, serdes: impl Serdes) -> Self {
        Self { serdes: Some(Arc::new(serdes)), ..self }
    }

    /// Gives the operation a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    /// Tells this occurrence from others of its name by data; see [`Operation::key`].
    ///
    /// ```
    /// use durable::CallbackError;
    /// use durable::prelude::*;
    ///
    /// async fn ask(_judge: u32, _id: CallbackId) {}
    ///
    /// #[durable]
    /// async fn all_agree(judges: Vec<u32>) -> Result<bool, CallbackError> {
    ///     for judge in judges {
    ///         let agrees = wait_for_callback(async |id| ask(judge, id).await).key(judge).await_callback::<bool>()?;
    ///         if !agrees {
    ///             return Ok(false);
    ///         }
    ///     }
    ///     Ok(true)
    /// }
    /// # let _ = all_agree(vec![1]);
    /// ```
    pub fn key(self, key: impl fmt::Display) -> Self {
        Self { key: Some(key.to_string().into()), ..self }
    }

    callback_limits!();

    /// Sets how a failed submitter is repeated: as the function says for its steps if not said. How long an attempt may
    /// take is what the function says (`#[durable(timeout = "30s")]`); [`timeout`](Self::timeout) is the callback's.
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry: Some(retry), ..self }
    }

    /// Suspends the execution until the callback is completed; needs no `.await` of its own in a durable function.
    ///
    /// The delivered text is read as JSON; no text at all is `null`.
    ///
    /// **Recorded:** a context with the callback and the submitter's attempts in it, and what was delivered. **Replay:**
    /// what is recorded; the submitter does not run again. **Errors:** [`CallbackError`], where the callback timed out or
    /// was refused, the submitter failed for good, or what was delivered is no `T`.
    pub fn await_callback<T: DeserializeOwned>(self) -> AwaitSubmitted<F, T> {
        AwaitSubmitted { wait: self, result: PhantomData }
    }
}

/// See [`WaitForCallback::await_callback`].
#[must_use = "a callback is only awaited in a `#[durable]` function"]
pub struct AwaitSubmitted<F, T> {
    wait: WaitForCallback<F>,
    result: PhantomData<fn() -> T>,
}

#[diagnostic::do_not_recommend]
impl<F, R, T> Operation for AwaitSubmitted<F, T>
where
    F: AsyncFn(CallbackId) -> R,
    R: Submitted,
    T: DeserializeOwned,
{
    type Output = Result<T, CallbackError>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let name = place.name(self.wait.name.clone());
        let keyed = self.wait.key.clone().map(|key| ctx.keyed(Some(key)));
        let ctx = keyed.as_ref().unwrap_or(ctx);
        // The delivered text is passed on as it is.
        let context = ctx.perform(Kind::WaitForCallback, name.clone(), place).await.without_serdes();
        loop {
            match context.state() {
                Some(State::Succeeded(payload)) => {
                    return read(ctx, context.id(), Ok(payload), &self.wait.serdes).await;
                }
                Some(State::Failed(error) | State::TimedOut(error)) => {
                    return Err(undelivered(ctx, context.id(), &name, error).into());
                }
                Some(_) => {}
                None => {
                    context.start(Start::Plain);
                }
            }
            let inside = ctx.inside(context.id());
            let outcome = match submit_and_wait(&inside, &self.wait, &name, place).await {
                Ok(payload) => Recorded::Succeeded(payload),
                Err(undelivered) => Recorded::Failed(undelivered.into_error()),
            };
            context.end(outcome).await;
        }
    }
}

/// The operations inside the context; all carry its name, as readers of a history look for that.
async fn submit_and_wait<F, R>(
    ctx: &Ctx,
    wait: &WaitForCallback<F>,
    name: &Result<Name, InvalidName>,
    place: Place,
) -> Result<Option<String>, Undelivered>
where
    F: AsyncFn(CallbackId) -> R,
    R: Submitted,
{
    let callback = ctx.perform(Kind::Callback, name.clone(), place).await;
    let (operation, id) = open(ctx, &callback, wait.limits).await;

    let step = ctx.perform(Kind::Step, name.clone(), place).await;
    let mut attempt = async || {
        let (error, repeats) = match step.instead_of(&id) {
            None => ((wait.submitter)(id.clone()).await.error(), Repeats::AsTheRetrySays),
            Some(Instead::Gives(given)) => match R::adopt(given) {
                Some(error) => (error, Repeats::AsTheRetrySays),
                None => (Some(wrong_mock("the submitter", std::any::type_name::<R>())), Repeats::Never),
            },
            Some(Instead::Fails(error)) => (Some(error), Repeats::AsTheRetrySays),
            Some(Instead::Hangs) => std::future::pending().await,
        };
        Attempted { recorded: error.map_or(Recorded::Succeeded(None), Recorded::Failed), repeats }
    };
    match run_attempts(ctx, &step, Attempts::new(wait.retry), &mut attempt).await {
        Recorded::Succeeded(_) => completion(ctx, &operation, place).await,
        Recorded::Failed(error) => Err(Undelivered::Submitter(error)),
    }
}

/// Which of the operations inside the context it failed for.
fn undelivered(ctx: &Ctx, context: &OperationId, name: &Result<Name, InvalidName>, error: ErrorObject) -> Undelivered {
    let Ok(name) = name else { return Undelivered::Failed(error) };
    let replay = ctx.run().replay.borrow();
    // The callback is the first operation of that name in the context, and the submitter's step the second.
    let state = |number| replay.operation(&OperationId::derive(Some(context), name, number)).map(|inner| &inner.state);
    match (state(0), state(1)) {
        (Some(State::TimedOut(_)), Some(State::Succeeded(_))) => Undelivered::TimedOut(error),
        (_, Some(State::Failed(submitter))) => Undelivered::Submitter(submitter.clone()),
        _ => Undelivered::Failed(error),
    }
}

/// What a submitter may return: `()`, or a `Result` whose error has a text.
///
/// **Recorded:** an error's type and text, and of an [`ErrorObject`] or a [`durable::Error`](crate::value::Error) also the data
/// that it carries. **Replay:** the same, as [`CallbackError::Submitter`].
#[diagnostic::on_unimplemented(
    message = "the closure of `wait_for_callback` hands the callback's id out, so it can't return `{Self}`",
    label = "return `()`, or a `Result` whose error implements `Display`"
)]
pub trait Submitted {
    #[doc(hidden)]
    fn error(self) -> Option<ErrorObject>;

    /// The error, if there is one, of what stands in for this in a test; nothing if that is of another type.
    #[doc(hidden)]
    fn adopt(given: Box<dyn Any>) -> Option<Option<ErrorObject>>;
}

impl Submitted for () {
    fn error(self) -> Option<ErrorObject> {
        None
    }

    fn adopt(given: Box<dyn Any>) -> Option<Option<ErrorObject>> {
        given.is::<()>().then_some(None)
    }
}

impl<T, E: Display + 'static> Submitted for Result<T, E> {
    fn error(self) -> Option<ErrorObject> {
        self.err().map(|error| error_object(&error))
    }

    fn adopt(given: Box<dyn Any>) -> Option<Option<ErrorObject>> {
        // The value is not recorded, so a mock has none.
        match given.downcast::<Result<(), E>>() {
            Ok(given) => Some((*given).error()),
            Err(given) => <()>::adopt(given),
        }
    }
}
