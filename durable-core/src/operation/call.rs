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
use crate::plan::Written;
use crate::value::{Arguments, Codec, CodecError, GivenSerdes, Serdes, Stateless};

/// A future that stays on its thread, as all durable futures do.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A durable function with its arguments: start it with [`Engine::start`](crate::engine::Engine::start), or await it in
/// another durable function.
///
/// **Recorded**, when awaited: a child context with the function's name, its operations and its result.
/// **Replay:** a call that ended returns its recorded result without running.
/// **Errors:** an `Err` of the function is its output.
///
/// ```
/// use durable::prelude::*;
///
/// #[durable]
/// async fn double(number: u32) -> u32 {
///     number * 2
/// }
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     let once = double(number).await;
///     // Another call of the same function gets a name of its own.
///     double(once).named("once-more").await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(order).start().await?;
/// assert_eq!(engine.start(order(10)).await?.output().await?, 40);
/// # Ok(())
/// # }
/// ```
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

    /// What the result passes on its way to the record and back, when the call is awaited.
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::Encrypt;
    ///
    /// #[durable]
    /// async fn secret() -> u32 {
    ///     42
    /// }
    ///
    /// #[durable]
    /// async fn outer() -> u32 {
    ///     // A key for the example; a real one comes from where secrets are kept.
    ///     secret().serdes(Encrypt::new([7; 32])).await
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(outer).start().await?;
    /// # assert_eq!(engine.start(outer()).await?.output().await?, 42);
    /// # Ok(())
    /// # }
    /// ```
    pub fn serdes(self, serdes: impl Serdes) -> Awaited<D> {
        Awaited { call: self, serdes: Arc::new(serdes) }
    }

    pub(crate) fn into_input(self) -> D::Input {
        self.input
    }
}

/// What the macro makes of a durable function.
///
/// See [`Call`] for an example.
pub trait Definition: 'static {
    /// Its recorded arguments, as a tuple.
    type Input: 'static;
    /// What it returns.
    type Output: 'static;

    #[doc(hidden)]
    fn define() -> Defined<Self::Input, Self::Output>;

    #[doc(hidden)]
    fn run(ctx: Ctx, input: Self::Input) -> Box<dyn Future<Output = Self::Output>>;
}

/// Runs a function on its arguments.
pub(crate) type RunFunction<I, O> = fn(Ctx, I) -> Box<dyn Future<Output = O>>;

/// What is known of a durable function, and how its arguments and its result are recorded.
pub struct Defined<I: 'static, O: 'static> {
    pub(crate) function: Function,
    pub(crate) arguments: Box<dyn Arguments<I>>,
    pub(crate) codec: &'static dyn Codec<O>,
    pub(crate) states: fn() -> States,
}

impl<I, O> Defined<I, O> {
    #[doc(hidden)]
    pub fn new<C: Codec<O> + Stateless>(function: Function, arguments: impl Arguments<I> + 'static, _: C) -> Self {
        Self { function, arguments: Box::new(arguments), codec: C::INSTANCE, states: States::new }
    }

    /// What it asks the engine for.
    #[doc(hidden)]
    #[must_use]
    pub fn states(self, states: fn() -> States) -> Self {
        Self { states, ..self }
    }

    /// The name that executions record.
    pub const fn name(&self) -> &'static str {
        self.function.name()
    }

    /// The arguments as they are recorded.
    pub(crate) fn encode(&self, input: &I) -> Result<Option<String>, CodecError> {
        self.arguments.encode(input, self.function.parameters())
    }
}

/// What is known of a durable function without running it.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    name: &'static str,
    parameters: &'static [&'static str],
    place: Place,
    plan: Written,
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
    pub const fn new(
        name: &'static str,
        parameters: &'static [&'static str],
        operations: &'static [&'static str],
    ) -> Self {
        let plan = Written { operations, retries: &[] };
        let defaults = Defaults { retry: None, timeout: None, serdes: None };
        Self { name, parameters, place: Place::here(name), plan, version: None, execution_timeout: None, defaults }
    }

    /// What its steps say of retries, in the order of the source.
    #[doc(hidden)]
    #[must_use]
    pub const fn step_retries(mut self, retries: &'static [Retry]) -> Self {
        self.plan.retries = retries;
        self
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

    /// The operations that it performs, as they are written down.
    pub(crate) const fn plan(&self) -> Written {
        self.plan
    }

    /// Where it is defined.
    pub const fn place(&self) -> Place {
        self.place
    }
}

/// See [`Call::serdes`].
#[must_use = "a durable function does not run until it is awaited in a `#[durable]` function"]
pub struct Awaited<D: Definition> {
    call: Call<D>,
    serdes: Arc<dyn Serdes>,
}

#[diagnostic::do_not_recommend]
impl<D: Definition> Operation for Awaited<D> {
    type Output = D::Output;

    fn perform_at(self, ctx: &Ctx, place: Place) -> impl Future<Output = D::Output> {
        let Self { call: Call { input, name }, serdes } = self;
        perform(ctx, place, (name, Some(serdes)), (D::define(), D::run), input)
    }
}

#[diagnostic::do_not_recommend]
impl<D: Definition> Operation for Call<D> {
    type Output = D::Output;

    fn perform_at(self, ctx: &Ctx, place: Place) -> impl Future<Output = D::Output> {
        perform(ctx, place, (self.name, None), (D::define(), D::run), self.input)
    }
}

/// Performs a call; compiled once for each type of arguments and result, and not for each function.
async fn perform<I, O>(
    ctx: &Ctx,
    place: Place,
    (name, serdes): (GivenName, GivenSerdes),
    (defined, run): (Defined<I, O>, RunFunction<I, O>),
    input: I,
) -> O {
    let Defined { function, codec, .. } = defined;
    let context = ctx.perform(Kind::RunInChildContext, name.unwrap_or(Ok(Name::checked(function.name))), place).await;
    let context = context.with_serdes(&serdes);
    // The body of a context runs at most once in a run, because its outcome is recorded then.
    let input = Cell::new(Some(input));
    let body = async |inside: Ctx| match input.take() {
        Some(input) => Box::into_pin(run(inside.with_defaults(function.defaults), input)).await,
        None => ctx.halt(Halt::misuse(format!("`{}` was called twice at once", function.name))).await,
    };
    run_context(ctx, &context, codec, body).await
}
