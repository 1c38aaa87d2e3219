//! Durable functions with what they need, for whoever runs them.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::function::{DurableFunction, Registered, Registry};
use super::plain::Plain;
use crate::context::{Shareable, StateMap};
use crate::engine::StartError;
use crate::observe::{Observer, ObserverList, Observers};
use crate::operation::Definition;
use crate::value::{GivenSerdes, Serdes};

/// Durable functions with what they need: an engine in this process runs them, or a service elsewhere.
///
/// ```
/// use durable::prelude::*;
/// use durable::Functions;
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let functions = Functions::new().register(order);
/// let engine = Engine::in_memory().functions(functions).start().await?;
/// assert_eq!(engine.start(order(21)).await?.output().await?, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "functions do nothing until something runs them"]
pub struct Functions {
    registered: Vec<Registered>,
    states: StateMap,
    serdes: GivenSerdes,
    observers: ObserverList,
}

/// What [`Functions`] can be made of: one durable function, or many.
///
/// See [`Functions`] for an example.
pub trait IntoFunctions<Kind> {
    #[doc(hidden)]
    fn into_functions(self) -> Functions;
}

/// A single function with these arguments, as a kind of [`IntoFunctions`].
///
/// See [`Functions`] for an example.
#[derive(Debug)]
pub struct Single<A>(PhantomData<fn(A)>);

/// Any number of functions, as a kind of [`IntoFunctions`].
///
/// See [`Functions`] for an example.
#[derive(Debug)]
pub struct Several;

impl<A, F: DurableFunction<A>> IntoFunctions<Single<A>> for F {
    fn into_functions(self) -> Functions {
        Functions::new().register(self)
    }
}

impl IntoFunctions<Several> for Functions {
    fn into_functions(self) -> Functions {
        self
    }
}

/// What became of [`Functions`] that can be run.
pub(crate) struct Ready {
    pub(crate) registry: Registry,
    pub(crate) states: Arc<StateMap>,
    pub(crate) serdes: GivenSerdes,
    pub(crate) observers: Observers,
}

impl Functions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a durable function; see [`EngineBuilder::register`](super::EngineBuilder::register).
    pub fn register<A, F: DurableFunction<A>>(mut self, _function: F) -> Self {
        self.add(Registered::of(F::Definition::define, F::Definition::run));
        self
    }

    pub(super) fn add(&mut self, registered: Registered) {
        self.registered.push(registered);
    }

    /// Adds an ordinary async function under this name; see
    /// [`EngineBuilder::register_plain`](super::EngineBuilder::register_plain).
    pub fn register_plain<F, I, R, O, E>(mut self, name: &'static str, function: F) -> Self
    where
        F: Fn(I) -> R + Send + Sync + 'static,
        R: Future<Output = Result<O, E>> + 'static,
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
        E: Display + 'static,
    {
        self.registered.push(Registered::plain(name, Plain::new(function)));
        self
    }

    /// Adds application state, for functions that take a `State<T>`; see [`EngineBuilder::state`].
    ///
    /// [`EngineBuilder::state`]: super::EngineBuilder::state
    pub fn state<T: Shareable>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// What payloads pass on their way to the record and back, where neither the operation nor its function says
    /// something else; see [`EngineBuilder::serdes`].
    ///
    /// [`EngineBuilder::serdes`]: super::EngineBuilder::serdes
    pub fn serdes(mut self, serdes: impl Serdes) -> Self {
        self.serdes = Some(Arc::new(serdes));
        self
    }

    /// Tells an observer what executions do; see [`EngineBuilder::observer`](super::EngineBuilder::observer).
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.add(observer);
        self
    }

    /// The same with this definition, which takes the place of another one of its name and version.
    #[cfg(feature = "testing")]
    pub(crate) fn with_definition<D: Definition>(mut self) -> Self {
        let identity = |function: &crate::operation::Function| (function.name(), function.version_name());
        let registered = Registered::of(D::define, D::run);
        self.registered.retain(|known| identity(&known.function) != identity(&registered.function));
        // The version that is registered last is the one that is started.
        self.add(registered);
        self
    }

    /// The names of the functions.
    #[cfg(feature = "testing")]
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.registered.iter().map(|known| known.function.name()).collect()
    }

    /// The same without the functions of this name.
    #[cfg(feature = "testing")]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.registered.retain(|known| known.function.name() != name);
        self
    }

    /// These and those; of what there can be one, those win.
    pub(crate) fn and(mut self, others: Self) -> Self {
        let Self { registered, states, serdes, observers } = others;
        self.registered.extend(registered);
        self.states.extend(states);
        self.serdes = serdes.or(self.serdes);
        self.observers.extend(observers);
        self
    }

    /// Checks that names are unique and that all state is there that the functions ask for.
    pub(crate) fn ready(self) -> Result<Ready, StartError> {
        let Self { registered, states, serdes, observers } = self;
        let mut registry = Registry::default();
        for registered in registered {
            let name = registered.function.name();
            if registry.insert(registered) {
                return Err(StartError::DuplicateFunction(name.into()));
            }
        }
        require_states(&registry, &states)?;
        let observers = observers.start().map_err(StartError::Thread)?;
        Ok(Ready { registry, states: Arc::new(states), serdes, observers })
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.registered.iter().map(|registered| registered.function.name())).finish()
    }
}

fn require_states(registry: &Registry, states: &StateMap) -> Result<(), StartError> {
    let missing: Vec<_> = registry
        .iter()
        .flat_map(|registered| {
            let asked = (registered.states)();
            let missing: Vec<_> = asked.iter().filter(|state| !states.has(state)).copied().collect();
            missing.into_iter().map(|state| format!("`{}` for `{}`", state.name(), registered.function.name()))
        })
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(StartError::MissingState { missing }) }
}
