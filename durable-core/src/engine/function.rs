//! The durable functions that an engine can run.

use std::collections::BTreeMap;

use crate::context::{Ctx, Halt, encode};
use crate::model::Name;
use crate::operation::{Call, Definition, Function, LocalBoxFuture, States};
use crate::value::{Arguments, CodecError, Recorded};

/// A function that `#[durable]` was put on: what [`EngineBuilder::register`](super::EngineBuilder::register) takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable function",
    label = "put `#[durable]` on its definition, and pass the function itself without calling it"
)]
pub trait DurableFunction<A> {
    #[doc(hidden)]
    type Definition: Definition;
}

macro_rules! durable_function {
    ($($argument:ident),*) => {
        impl<F, D, $($argument),*> DurableFunction<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Call<D>,
            D: Definition,
        {
            type Definition = D;
        }
    };
}

durable_function!();
durable_function!(A1);
durable_function!(A1, A2);
durable_function!(A1, A2, A3);
durable_function!(A1, A2, A3, A4);
durable_function!(A1, A2, A3, A4, A5);
durable_function!(A1, A2, A3, A4, A5, A6);
durable_function!(A1, A2, A3, A4, A5, A6, A7);
durable_function!(A1, A2, A3, A4, A5, A6, A7, A8);

/// A durable function without its types.
#[derive(Clone, Copy)]
pub(super) struct Registered {
    pub(super) function: Function,
    pub(super) states: fn() -> States,
    pub(super) run: fn(Ctx, Option<String>) -> LocalBoxFuture<Recorded>,
    pub(super) check: fn(Option<&str>) -> Result<(), CodecError>,
}

impl Registered {
    pub(super) fn new<D: Definition>() -> Self {
        Self {
            function: D::FUNCTION,
            states: D::states,
            run: |ctx, input| Box::pin(run::<D>(ctx, input)),
            check: |input| D::arguments().decode(D::FUNCTION.parameters(), input).map(|_| ()),
        }
    }
}

async fn run<D: Definition>(ctx: Ctx, input: Option<String>) -> Recorded {
    let what = format!("the result of `{}`", D::FUNCTION.name());
    match D::arguments().decode(D::FUNCTION.parameters(), input.as_deref()) {
        Ok(input) => encode(&D::codec(), &D::run(ctx.with_defaults(D::FUNCTION.defaults()), input).await, what),
        Err(source) => ctx.halt(Halt::Unreadable { what: "the arguments".to_owned(), source }).await,
    }
}

/// All functions of an engine, by name.
#[derive(Default)]
pub(super) struct Registry(BTreeMap<&'static str, Registered>);

impl Registry {
    /// Adds a function; returns whether its name was there before.
    pub(super) fn insert(&mut self, registered: Registered) -> bool {
        self.0.insert(registered.function.name(), registered).is_some()
    }

    pub(super) fn find(&self, name: &Name) -> Option<&Registered> {
        self.0.get(name.as_str())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Registered> {
        self.0.values()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.keys().map(|name| format!("`{name}`")).collect()
    }
}
