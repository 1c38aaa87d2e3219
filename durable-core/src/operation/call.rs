//! Durable functions as values: what `#[durable]` turns a function into.

use std::borrow::Cow;
use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::branch::run_context;
use super::{Ctx, GivenName, Operation, Place, States, given};
use crate::context::Halt;
use crate::model::{Kind, Name, Retry};
use crate::plan::Node;
use crate::value::{Arguments, Codec, Serdes};

/// A future that stays on its thread, as all durable futures do.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A durable function with its arguments: start it with [`Engine::start`](crate::engine::Engine::start), or await it in
/// another durable function.
///
/// **Recorded**, when awaited: a child context with the function's name, its operations and its result.
/// **Replay:** a call that ended returns its recorded result without running.
#[must_use = "a durable function does not run until it is started by an engine or awaited in a `#[durable]` function"]
pub struct Call<D: Definition> {
    input: D::Input,
    name: GivenName,
}

impl<D: Definition> Call<D> {
    #[doc(hidden)]
    pub fn new(input: D::Input) -> Self {
        Self { input, name: None }
    }

    /// Gives the call another name in the history of its caller.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    pub(crate) fn into_input(self) -> D::Input {
        self.input
    }
}

/// What the macro makes of a durable function.
pub trait Definition: 'static {
    /// Its recorded arguments, as a tuple.
    type Input: 'static;
    /// What it returns.
    type Output: 'static;

    #[doc(hidden)]
    const FUNCTION: Function;

    #[doc(hidden)]
    const ARGUMENTS: &'static dyn Arguments<Self::Input>;

    #[doc(hidden)]
    fn states() -> States {
        States::new()
    }

    #[doc(hidden)]
    fn codec() -> &'static dyn Codec<Self::Output>;

    #[doc(hidden)]
    fn run(ctx: Ctx, input: Self::Input) -> LocalBoxFuture<'static, Self::Output>;
}

/// What is known of a durable function without running it.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    name: &'static str,
    parameters: &'static [&'static str],
    place: Place,
    nodes: &'static [Node],
    version: Option<&'static str>,
    execution_timeout: Option<Duration>,
    defaults: Defaults,
}

/// What the steps of a function do if they say nothing themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Defaults {
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) serdes: Option<fn() -> Arc<dyn Serdes>>,
}

impl Function {
    #[doc(hidden)]
    #[track_caller]
    pub const fn new(name: &'static str, parameters: &'static [&'static str], nodes: &'static [Node]) -> Self {
        let defaults = Defaults { retry: None, timeout: None, serdes: None };
        Self { name, parameters, place: Place::here(name), nodes, version: None, execution_timeout: None, defaults }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn version(self, version: &'static str) -> Self {
        Self { version: Some(version), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.defaults.retry = Some(retry);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn timeout_ms(mut self, millis: u64) -> Self {
        self.defaults.timeout = Some(Duration::from_millis(millis));
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn serdes(mut self, serdes: fn() -> Arc<dyn Serdes>) -> Self {
        self.defaults.serdes = Some(serdes);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn execution_timeout_ms(self, millis: u64) -> Self {
        Self { execution_timeout: Some(Duration::from_millis(millis)), ..self }
    }

    pub(crate) const fn defaults(&self) -> Defaults {
        self.defaults
    }

    /// The name that executions record.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its explicit version.
    pub const fn version_name(&self) -> Option<&'static str> {
        self.version
    }

    /// How long its executions may take, unless they are started with a timeout of their own.
    pub const fn execution_timeout(&self) -> Option<Duration> {
        self.execution_timeout
    }

    /// The names of its recorded arguments.
    pub const fn parameters(&self) -> &'static [&'static str] {
        self.parameters
    }

    /// The operations that it performs.
    pub const fn nodes(&self) -> &'static [Node] {
        self.nodes
    }

    /// Where it is defined.
    pub const fn place(&self) -> Place {
        self.place
    }
}

#[diagnostic::do_not_recommend]
impl<D: Definition> Operation for Call<D> {
    type Output = D::Output;

    fn perform_at(self, ctx: &Ctx, place: Place) -> impl Future<Output = D::Output> {
        perform(ctx, place, self.name, &D::FUNCTION, self.input, D::run, D::codec())
    }
}

/// Performs a call; compiled once for each type of arguments and result, and not for each function.
async fn perform<I, O>(
    ctx: &Ctx,
    place: Place,
    name: GivenName,
    function: &Function,
    input: I,
    run: fn(Ctx, I) -> LocalBoxFuture<'static, O>,
    codec: &dyn Codec<O>,
) -> O {
    let context = ctx.perform(Kind::RunInChildContext, name.unwrap_or(Ok(Name::checked(function.name))), place).await;
    // The body of a context runs at most once in a run, because its outcome is recorded then.
    let input = Cell::new(Some(input));
    let body = async |inside: Ctx| match input.take() {
        Some(input) => run(inside.with_defaults(function.defaults), input).await,
        None => ctx.halt(Halt::misuse(format!("`{}` was called twice at once", function.name))).await,
    };
    run_context(ctx, &context, codec, body).await
}
