//! Callbacks: results that someone outside delivers.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::Halt;
use crate::model::{CallbackId, Detail, ErrorObject, Kind, OperationId, Start, State, TooLong, seconds_up_to};
pub use crate::value::CallbackError;
use crate::value::{GivenSerdes, Origin, SUBMITTER, Serdes, from_json};

/// Opens a callback: an id to hand out, and a result to wait for.
///
/// **Recorded:** that the callback was opened, and its result, error or timeout as it arrives.
/// **Replay:** the same id, and the recorded result.
/// **Errors:** opening has none, but for a timeout of more than 99,999,999 seconds, which fails the execution with a
/// `ValidationError`. Awaiting gives a [`CallbackError`].
///
/// ```
/// use durable::Encrypt;
/// use durable::prelude::*;
///
/// #[derive(Clone)]
/// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
///
/// async fn put(desk: &Desk, id: CallbackId) {
///     // Whoever reads the desk may be gone.
///     let _ = desk.0.send(id);
/// }
///
/// #[durable]
/// async fn approval(State(desk): State<Desk>) -> Option<String> {
///     let callback = create_callback::<String>().timeout(hours(2)).heartbeat_timeout(minutes(5)).named("yes-or-no");
///     // What comes from outside may be encrypted. A key for the example; a real one comes from where secrets are kept.
///     let callback = callback.serdes(Encrypt::new([7; 32])).await;
///     #[step]
///     put(&desk, callback.id().clone()).await;
///     callback.await_callback().ok()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
/// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
/// let run = engine.start(approval()).await?;
/// let id = ids.recv().await.ok_or("nobody asks")?;
/// // This is not encrypted, so it can't be read.
/// engine.complete_callback(&id, "yes").await?;
/// assert_eq!(run.output().await?, None);
/// # Ok(())
/// # }
/// ```
pub fn create_callback<T: DeserializeOwned>() -> CreateCallback<T> {
    CreateCallback { limits: Limits::default(), name: None, serdes: None, result: PhantomData }
}

/// See [`create_callback`].
#[must_use = "a callback is only opened when this is awaited in a `#[durable]` function"]
pub struct CreateCallback<T> {
    limits: Limits,
    name: GivenName,
    serdes: GivenSerdes,
    result: PhantomData<fn() -> T>,
}

/// How long a callback may stay open.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    pub(crate) timeout: Option<Duration>,
    pub(crate) heartbeat: Option<Duration>,
}

/// What to do about a timeout that is too long.
const HELP: &str = "help: leave it out: without one a callback may stay open for ever";

/// The longest time that a callback may stay open, and between its heartbeats.
const MAX_CALLBACK_SECONDS: u32 = 99_999_999;

impl Limits {
    fn start(self) -> Result<Start, TooLong> {
        let seconds = |limit: Option<Duration>| {
            let limit = limit.filter(|limit| !limit.is_zero());
            limit.map(|limit| seconds_up_to(limit, MAX_CALLBACK_SECONDS)).transpose()
        };
        Ok(Start::Callback { timeout_seconds: seconds(self.timeout)?, heartbeat_seconds: seconds(self.heartbeat)? })
    }
}

/// The methods that limit how long a callback stays open, for whatever has `limits`.
macro_rules! callback_limits {
    () => {
        /// Ends the wait with [`CallbackError::TimedOut`] this long after the callback was opened; whole seconds, at most
        /// 99,999,999. Zero is none.
        pub fn timeout(mut self, timeout: Duration) -> Self {
            self.limits.timeout = Some(timeout);
            self
        }

        /// Ends the wait with [`CallbackError::HeartbeatTimedOut`] when there is no heartbeat for this long; whole
        /// seconds, at most 99,999,999. Zero is none.
        pub fn heartbeat_timeout(mut self, timeout: Duration) -> Self {
            self.limits.heartbeat = Some(timeout);
            self
        }
    };
}
pub(crate) use callback_limits;

impl<T> CreateCallback<T> {
    /// What makes JSON of the text that is delivered; history keeps the text.
    pub fn serdes(self, serdes: impl Serdes) -> Self {
        Self { serdes: Some(Arc::new(serdes)), ..self }
    }

    /// Gives the callback a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    callback_limits!();
}

#[diagnostic::do_not_recommend]
impl<T> Operation for CreateCallback<T> {
    type Output = Callback<T>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Callback<T> {
        let callback = ctx.perform(Kind::Callback, place.name(self.name), place).await;
        let (operation, id) = open(ctx, &callback, self.limits).await;
        Callback { operation, id, serdes: self.serdes, result: PhantomData }
    }
}

/// Opens the callback unless it is open already, and returns its ids.
pub(crate) async fn open(ctx: &Ctx, callback: &crate::context::Performed, limits: Limits) -> (OperationId, CallbackId) {
    if callback.state().is_none() {
        let start = match limits.start() {
            Ok(start) => start,
            Err(too_long) => {
                return ctx.halt(Halt::misuse(format!("the timeout of {callback}: {too_long}\n{HELP}"))).await;
            }
        };
        let position = callback.start(start);
        ctx.run().acknowledged(position).await;
    }
    let id = callback.read(|operation| match &operation.detail {
        Detail::Callback(detail) => Some(detail.callback_id.clone()),
        _ => None,
    });
    match id.flatten() {
        Some(id) => (callback.id().clone(), id),
        None => ctx.halt(Halt::misuse(format!("{callback} has no callback id in its record"))).await,
    }
}

/// An open callback: hand [`Callback::id`] to whoever delivers the result, then await it.
///
/// See [`create_callback`] for an example.
pub struct Callback<T> {
    operation: OperationId,
    id: CallbackId,
    serdes: GivenSerdes,
    result: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Callback<T> {
    /// Completes the callback from outside: [`Engine::complete_callback`](crate::engine::Engine::complete_callback). Treat it
    /// as a secret. It is the same on every replay, and recorded nowhere: the store keeps what it is found by.
    pub fn id(&self) -> &CallbackId {
        &self.id
    }

    /// Suspends the execution until the callback is completed; needs no `.await` of its own in a durable function.
    ///
    /// The delivered text is read as JSON; no text at all is `null`. May be awaited more than once, also by several
    /// branches.
    ///
    /// **Recorded:** nothing but what is delivered. **Replay:** what was delivered. **Errors:** [`CallbackError`].
    pub fn await_callback(&self) -> AwaitCallback<T> {
        AwaitCallback { operation: self.operation.clone(), serdes: self.serdes.clone(), result: PhantomData }
    }
}

/// See [`Callback::await_callback`].
#[must_use = "a callback is only awaited in a `#[durable]` function"]
pub struct AwaitCallback<T> {
    operation: OperationId,
    serdes: GivenSerdes,
    result: PhantomData<fn() -> T>,
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Operation for AwaitCallback<T> {
    type Output = Result<T, CallbackError>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let delivered = completion(ctx, &self.operation, place).await;
        read(ctx, &self.operation, delivered, &self.serdes).await
    }
}

/// Waits for the callback's end: the delivered text, or the recorded error.
pub(crate) async fn completion(
    ctx: &Ctx,
    operation: &OperationId,
    place: Place,
) -> Result<Option<String>, Undelivered> {
    if ctx.is_closed() {
        ctx.ended(operation, place).await;
    }
    ctx.run().settled(operation, 0, |operation| operation.state.is_terminal()).await;
    let state = ctx.run().replay.borrow().operation(operation).map(|operation| operation.state.clone());
    match state {
        Some(State::Succeeded(payload)) => Ok(payload),
        Some(State::TimedOut(error)) => Err(Undelivered::TimedOut(error)),
        Some(State::Failed(error)) => Err(Undelivered::Failed(error)),
        _ => Err(Undelivered::Failed(ErrorObject::new("CallbackCancelled", "the callback was cancelled"))),
    }
}

/// The outcome that user code gets.
pub(crate) async fn read<T: DeserializeOwned>(
    ctx: &Ctx,
    operation: &OperationId,
    delivered: Result<Option<String>, Undelivered>,
    serdes: &GivenSerdes,
) -> Result<T, CallbackError> {
    let unreadable = |cause: String| {
        CallbackError::Unreadable(format!("the delivered value is not a `{}`: {cause}", std::any::type_name::<T>()))
    };
    let payload = delivered.map_err(CallbackError::from)?;
    let json = ctx.turn_back(operation, payload, serdes.as_ref(), Origin::External).await;
    let json = json.map_err(|error| unreadable(error.to_string()))?;
    from_json(json.as_deref())
        .map_err(|error| unreadable(std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()))
}

/// The error type that the service writes when a callback's heartbeats stopped; whoever fails a callback may write it too.
const HEARTBEAT_TIMEOUT: &str = "Callback.Heartbeat";

/// Why there is nothing to read, as the status says it: an error type may be anybody's.
pub(crate) enum Undelivered {
    TimedOut(ErrorObject),
    Submitter(ErrorObject),
    Failed(ErrorObject),
}

impl Undelivered {
    /// The error for the record.
    pub(crate) fn into_error(self) -> ErrorObject {
        match self {
            Self::Submitter(error) => ErrorObject { error_type: Some(SUBMITTER.to_owned()), ..error },
            Self::TimedOut(error) | Self::Failed(error) => error,
        }
    }
}

impl From<Undelivered> for CallbackError {
    fn from(undelivered: Undelivered) -> Self {
        match undelivered {
            Undelivered::TimedOut(error) if error.is(HEARTBEAT_TIMEOUT) => Self::HeartbeatTimedOut,
            Undelivered::TimedOut(_) => Self::TimedOut,
            Undelivered::Submitter(error) => Self::Submitter(error),
            Undelivered::Failed(error) => Self::Failed(error),
        }
    }
}
