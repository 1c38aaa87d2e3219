//! Other durable functions as executions of their own.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Call, Ctx, Defined, Definition, GivenName, Operation, Place, given};
use crate::context::{Halt, Performed};
use crate::model::{ErrorObject, Kind, Name, Start, State, wait_seconds};
use crate::service::check_tenant;
use crate::value::{CodecError, GivenSerdes, Recorded, Serdes, from_json, to_json};

impl<D: Definition> Call<D> {
    /// Runs the function as an execution of its own, and waits for its end.
    ///
    /// **Recorded:** the other execution, started together with the record, and its result or error.
    /// **Replay:** the recorded result; the other execution is started once, and keeps the timeout it was started with.
    /// **Errors:** what the function returns is the output; [`InvokeError`] says why it did not return. A result that is
    /// larger than [`Limits::payload_bytes`](crate::service::Limits::payload_bytes) stays with the other execution, and the
    /// invoke fails with a `PayloadTooLarge`.
    ///
    /// The other execution is one of its own: if this one is stopped, times out or gives the invoke up in a
    /// [`race`](crate::operation::race()), the other goes on until it ends or is stopped itself.
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::{InvokeError, Serdes, SerdesContext, SerdesFuture};
    ///
    /// /// What the other function takes and gives is JSON already.
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
    /// #[durable]
    /// async fn double(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// #[durable]
    /// async fn order(number: u32) -> Result<u32, InvokeError> {
    ///     let doubled = double(number).invoke().payload_serdes(Untouched).result_serdes(Untouched);
    ///     doubled.named("twice").tenant("customer-7").timeout(hours(2)).await
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(order).register(double).start().await?;
    /// # assert_eq!(engine.start(order(21)).await?.output().await?, Ok(42));
    /// # Ok(())
    /// # }
    /// ```
    pub fn invoke(self) -> Invoke<D> {
        Invoke { call: self, options: Options::default() }
    }
}

/// See [`Call::invoke`].
#[must_use = "nothing is invoked until this is awaited in a `#[durable]` function"]
pub struct Invoke<D: Definition> {
    call: Call<D>,
    options: Options,
}

/// How something is invoked.
#[derive(Default)]
struct Options {
    tenant: Option<String>,
    timeout: Option<Duration>,
    name: GivenName,
    payload_serdes: GivenSerdes,
    result_serdes: GivenSerdes,
}

macro_rules! invoke_options {
    () => {
        /// Gives the operation a name in history.
        pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
            self.options.name = given(name);
            self
        }

        /// On whose behalf the other execution runs; at most 256 bytes.
        pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
            self.options.tenant = Some(tenant.into());
            self
        }

        /// Ends the other execution if it has not ended this long after its start, whatever its function says
        /// (`#[durable(execution_timeout = "2h")]`): whole seconds, rounded up, from 1 to 366 days.
        ///
        /// **Recorded** with the start. **Replay:** an execution that was started keeps its timeout, whatever the code
        /// says now. **Errors:** [`InvokeError::TimedOut`] when it strikes. More than 366 days fails the execution with a
        /// `ValidationError`, and so does any timeout on AWS Lambda, where the invoked function's `DurableConfig` sets it.
        pub fn timeout(mut self, timeout: Duration) -> Self {
            self.options.timeout = Some(timeout);
            self
        }

        /// What the arguments' JSON passes on its way to the other execution, which gets what comes of it.
        pub fn payload_serdes(mut self, serdes: impl Serdes) -> Self {
            self.options.payload_serdes = Some(Arc::new(serdes));
            self
        }

        /// What makes JSON of the result's text.
        pub fn result_serdes(mut self, serdes: impl Serdes) -> Self {
            self.options.result_serdes = Some(Arc::new(serdes));
            self
        }
    };
}

impl<D: Definition> Invoke<D> {
    invoke_options!();
}

#[diagnostic::do_not_recommend]
impl<D: Definition> Operation for Invoke<D> {
    type Output = Result<D::Output, InvokeError>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let Self { call, mut options } = self;
        let defined = D::define();
        let Defined { function, codec, .. } = defined;
        let input = defined.encode(&call.into_input());
        let name = options.name.take().unwrap_or(Ok(Name::checked(function.name())));
        let target = Target { function: Name::checked(function.name()), input, options };
        let (invoked, recorded) = target.run(ctx, name, place).await;
        match recorded {
            Ok(payload) => Ok(ctx.decode(codec, Recorded::Succeeded(payload), &invoked).await),
            Err(InvokeError::Failed(error)) => match codec.decode(Recorded::Failed(error)) {
                Ok(output) => Ok(output),
                // The function's type has no place for this error.
                Err(CodecError::NoError(error)) => Err(InvokeError::Failed(error)),
                Err(source) => ctx.halt(Halt::Unreadable { what: invoked.to_string(), source }).await,
            },
            Err(error) => Err(error),
        }
    }
}

/// Runs a function that the engine knows by `name` as an execution of its own, and waits for its end.
///
/// `payload` is its input, as JSON; the result is read as `T`.
///
/// **Recorded:** the other execution, started together with the record, and its result or error.
/// **Replay:** the recorded result; the other execution is started once, and keeps the timeout it was started with.
/// **Errors:** [`InvokeError`], with an error of the function as [`InvokeError::Failed`]; a result that is too large is a
/// `PayloadTooLarge`, as with [`Call::invoke`].
///
/// As with [`Call::invoke`], the other execution goes on if this one is stopped.
///
/// ```
/// use durable::InvokeError;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn double(number: u32) -> u32 {
///     number * 2
/// }
///
/// #[durable]
/// async fn order(number: u32) -> Result<u32, InvokeError> {
///     let doubled = invoke::<u32>("double", &number);
///     doubled.named("twice").tenant("customer-7").timeout(hours(2)).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(order).register(double).start().await?;
/// # assert_eq!(engine.start(order(21)).await?.output().await?, Ok(42));
/// # Ok(())
/// # }
/// ```
pub fn invoke<T: DeserializeOwned>(name: impl Into<Cow<'static, str>>, payload: &impl Serialize) -> InvokeByName<T> {
    InvokeByName {
        function: Name::new(name),
        input: to_json(payload),
        options: Options::default(),
        result: PhantomData,
    }
}

/// See [`invoke()`].
#[must_use = "nothing is invoked until this is awaited in a `#[durable]` function"]
pub struct InvokeByName<T> {
    function: Result<Name, crate::model::InvalidName>,
    input: Result<Option<String>, CodecError>,
    options: Options,
    result: PhantomData<fn() -> T>,
}

impl<T> InvokeByName<T> {
    invoke_options!();
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Operation for InvokeByName<T> {
    type Output = Result<T, InvokeError>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let Self { function, input, mut options, result: _ } = self;
        let function = ctx.valid(function).await;
        let name = place.name(options.name.take());
        let (invoked, recorded) = Target { function, input, options }.run(ctx, name, place).await;
        match from_json(recorded?.as_deref()) {
            Ok(value) => Ok(value),
            Err(source) => ctx.halt(Halt::Unreadable { what: invoked.to_string(), source }).await,
        }
    }
}

/// What is invoked.
struct Target {
    function: Name,
    input: Result<Option<String>, CodecError>,
    options: Options,
}

impl Target {
    async fn run(
        self,
        ctx: &Ctx,
        name: Result<Name, crate::model::InvalidName>,
        place: Place,
    ) -> (Performed, Result<Option<String>, InvokeError>) {
        let Self { function, input, options } = self;
        let input = match input {
            Ok(input) => input,
            Err(error) => ctx.halt(Halt::misuse(format!("the arguments of `{function}`: {error}"))).await,
        };
        let Options { tenant, timeout, payload_serdes, result_serdes, name: _ } = options;
        if let Some(tenant) = &tenant
            && let Err(error) = check_tenant(tenant)
        {
            return ctx.halt(Halt::Fail(error)).await;
        }
        let invoked = ctx.perform(Kind::ChainedInvoke, name, place).await.without_serdes();
        let mut position = 0;
        let mut invoked = invoked;
        if invoked.state().is_none() {
            invoked = invoked.with_serdes(&payload_serdes);
            let timeout_seconds = match timeout_seconds(timeout, ctx.run().environment.times_invokes) {
                Ok(seconds) => seconds,
                Err(problem) => {
                    return ctx.halt(Halt::misuse(format!("the timeout of {invoked}: {problem}"))).await;
                }
            };
            let start = |input| Start::Invoke { function, input, tenant, timeout_seconds };
            position = match invoked.start_sealed(input, start).await {
                Ok(position) => position,
                Err(error) => return ctx.halt(Halt::Fail(error)).await,
            };
        }
        let invoked = invoked.without_serdes().with_serdes(&result_serdes);
        invoked.settled(position).await;
        let outcome = match invoked.state() {
            Some(State::Succeeded(payload)) => Ok(invoked.open(payload).await),
            Some(State::TimedOut(error)) => Err(InvokeError::TimedOut(error)),
            Some(State::Stopped(error)) => Err(InvokeError::Stopped(error)),
            Some(State::Failed(error)) => Err(InvokeError::Failed(error)),
            _ => Err(InvokeError::Failed(ErrorObject::new("InvokeCancelled", "the invoke was cancelled"))),
        };
        (invoked, outcome)
    }
}

/// The timeout in the unit of history, if it has one and the service can keep it.
fn timeout_seconds(timeout: Option<Duration>, times_invokes: bool) -> Result<Option<u32>, String> {
    let Some(timeout) = timeout else { return Ok(None) };
    if !times_invokes {
        return Err("this service has no timeout for an invoke\n\
             help: leave `.timeout(…)` out, and set `ExecutionTimeout` in the `DurableConfig` of the function that is invoked\n\
             note: a timeout that nobody keeps would be a promise broken in silence"
            .to_owned());
    }
    let help = "help: give it at most 366 days, or none: without one it may run for ever";
    wait_seconds(timeout).map(Some).map_err(|too_long| format!("{too_long}\n{help}"))
}

/// Why an invoked execution returned nothing.
///
/// **Recorded** with the invoke. **Replay:** the same.
///
/// ```
/// use durable::InvokeError;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn rate(country: String) -> u32 {
///     sleep(hours(1)).await;
///     country.len() as u32
/// }
///
/// #[durable]
/// async fn price(country: String) -> Result<u32, InvokeError> {
///     match rate(country).invoke().timeout(seconds(1)).await {
///         // A rate of last week is better than none.
///         Err(InvokeError::TimedOut(_)) => Ok(19),
///         rated => rated,
///     }
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(price).register(rate).start().await?;
/// # assert_eq!(engine.start(price("here".to_owned())).await?.output().await?, Ok(19));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// It failed with an error for which its function has no type, or could not be started.
    #[error("{}", .0.text())]
    Failed(ErrorObject),
    /// It did not end within its timeout.
    #[error("{}", .0.text())]
    TimedOut(ErrorObject),
    /// Someone stopped it.
    #[error("stopped: {}", .0.text())]
    Stopped(ErrorObject),
}
