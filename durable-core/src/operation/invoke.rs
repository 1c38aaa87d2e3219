//! Other durable functions as executions of their own.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Call, Ctx, Definition, GivenName, Operation, Place, given};
use crate::context::{Halt, Performed};
use crate::model::{ErrorObject, Kind, Name, Start, State};
use crate::value::{Arguments, Codec, CodecError, Recorded, from_json, to_json};

impl<D: Definition> Call<D> {
    /// Runs the function as an execution of its own, and waits for its end.
    ///
    /// **Recorded:** the other execution, started together with the record, and its result or error.
    /// **Replay:** the recorded result; the other execution is started once.
    /// **Errors:** what the function returns is the output; [`InvokeError`] says why it did not return.
    pub fn invoke(self) -> Invoke<D> {
        Invoke { call: self, tenant: None, name: None }
    }
}

/// See [`Call::invoke`].
#[must_use = "nothing is invoked until this is awaited in a `#[durable]` function"]
pub struct Invoke<D: Definition> {
    call: Call<D>,
    tenant: Option<String>,
    name: GivenName,
}

impl<D: Definition> Invoke<D> {
    /// Gives the operation a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    /// On whose behalf the other execution runs.
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        Self { tenant: Some(tenant.into()), ..self }
    }
}

#[diagnostic::do_not_recommend]
impl<D: Definition> Operation for Invoke<D> {
    type Output = Result<D::Output, InvokeError>;

    async fn perform(self, ctx: &Ctx, place: Place) -> Self::Output {
        let Self { call, tenant, name } = self;
        let function = D::FUNCTION;
        let input = call.into_input().encode(function.parameters());
        let name = name.unwrap_or(Ok(Name::checked(function.name())));
        let target = Target { function: Name::checked(function.name()), input, tenant };
        let (invoked, recorded) = target.run(ctx, name, place).await;
        match recorded {
            Ok(payload) => Ok(ctx.decode(&D::codec(), Recorded::Succeeded(payload), &invoked).await),
            Err(InvokeError::Failed(error)) => match D::codec().decode(Recorded::Failed(error)) {
                Ok(output) => Ok(output),
                // The function's type has no place for this error.
                Err(CodecError::NoError(error)) => Err(InvokeError::Failed(error)),
                Err(source) => ctx.halt(Halt::Unreadable { what: invoked.describe(), source }).await,
            },
            Err(error) => Err(error),
        }
    }
}

/// Runs a function that the engine knows by `name` as an execution of its own, and waits for its end.
///
/// `payload` is its input, as JSON; the result is read as `T`. See [`Call::invoke`] for what is recorded.
pub fn invoke<T: DeserializeOwned>(name: impl Into<Cow<'static, str>>, payload: &impl Serialize) -> InvokeByName<T> {
    InvokeByName { function: Name::new(name), input: to_json(payload), tenant: None, name: None, result: PhantomData }
}

/// See [`invoke()`].
#[must_use = "nothing is invoked until this is awaited in a `#[durable]` function"]
pub struct InvokeByName<T> {
    function: Result<Name, crate::model::InvalidName>,
    input: Result<Option<String>, CodecError>,
    tenant: Option<String>,
    name: GivenName,
    result: PhantomData<fn() -> T>,
}

impl<T> InvokeByName<T> {
    /// Gives the operation a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    /// On whose behalf the other execution runs.
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        Self { tenant: Some(tenant.into()), ..self }
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Operation for InvokeByName<T> {
    type Output = Result<T, InvokeError>;

    async fn perform(self, ctx: &Ctx, place: Place) -> Self::Output {
        let Self { function, input, tenant, name, result: _ } = self;
        let function = ctx.valid(function).await;
        let (invoked, recorded) = Target { function, input, tenant }.run(ctx, place.name(name), place).await;
        match from_json(recorded?.as_deref()) {
            Ok(value) => Ok(value),
            Err(source) => ctx.halt(Halt::Unreadable { what: invoked.describe(), source }).await,
        }
    }
}

/// What is invoked.
struct Target {
    function: Name,
    input: Result<Option<String>, CodecError>,
    tenant: Option<String>,
}

impl Target {
    async fn run(
        self,
        ctx: &Ctx,
        name: Result<Name, crate::model::InvalidName>,
        place: Place,
    ) -> (Performed, Result<Option<String>, InvokeError>) {
        let Self { function, input, tenant } = self;
        let input = match input {
            Ok(input) => input,
            Err(error) => ctx.halt(Halt::misuse(format!("the arguments of `{function}`: {error}"))).await,
        };
        let invoked = ctx.perform(Kind::ChainedInvoke, name, place).await;
        let position = match invoked.state() {
            None => invoked.start(Start::Invoke { function, input, tenant }),
            Some(_) => 0,
        };
        invoked.settled(position).await;
        let outcome = match invoked.state() {
            Some(State::Succeeded(payload)) => Ok(payload),
            Some(State::TimedOut(error)) => Err(InvokeError::TimedOut(error)),
            Some(State::Stopped(error)) => Err(InvokeError::Stopped(error)),
            Some(State::Failed(error)) => Err(InvokeError::Failed(error)),
            _ => Err(InvokeError::Failed(ErrorObject::new("InvokeCancelled", "the invoke was cancelled"))),
        };
        (invoked, outcome)
    }
}

/// Why an invoked execution returned nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// It failed with an error for which its function has no type, or could not be started.
    #[error("{0}")]
    Failed(ErrorObject),
    /// It did not end within its timeout.
    #[error("{0}")]
    TimedOut(ErrorObject),
    /// Someone stopped it.
    #[error("stopped: {0}")]
    Stopped(ErrorObject),
}
