//! Application state: what durable functions may use and what is never recorded.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

/// Application state as an argument of a durable function: a pool, a client, a configuration.
///
/// It is given to the engine once (`EngineBuilder::state`), handed to every run
/// as a clone, and never recorded; whoever calls the function does not pass it.
///
/// A run may see another state than the run before it, so let it decide nothing outside a step.
///
/// **Recorded:** nothing. **Replay:** gets the state of the engine that replays. **Errors:** an engine that lacks a state that
/// a function asks for does not start.
///
/// ```
/// use durable::prelude::*;
///
/// #[derive(Clone)]
/// struct Prices(u32);
///
/// async fn look_up(prices: &Prices, count: u32) -> u32 {
///     prices.0 * count
/// }
///
/// #[durable]
/// async fn quote(count: u32, State(prices): State<Prices>) -> u32 {
///     #[step]
///     let price = look_up(&prices, count).await;
///     price
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(quote).state(Prices(3)).start().await?;
/// // Whoever starts it does not pass the state.
/// assert_eq!(engine.start(quote(2)).await?.output().await?, 6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct State<T>(pub T);

/// What can be given to an engine as state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the state of a durable function",
    label = "every run gets a clone of it, on any thread",
    note = "put `#[derive(Clone)]` on the type and let it be `Send + Sync`, or take it in an `Arc`: `State<Arc<{Self}>>`"
)]
pub trait Shareable: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Shareable for T {}

/// The state that an engine was given, by type.
#[derive(Default)]
pub(crate) struct StateMap(HashMap<TypeId, Shared>);

/// A value and how it is cloned.
struct Shared {
    value: Arc<dyn Any + Send + Sync>,
    clone: fn(&dyn Any) -> Option<Box<dyn Any>>,
}

impl StateMap {
    /// Adds a value; returns whether its type was there before.
    pub(crate) fn insert<T: Shareable>(&mut self, value: T) -> bool {
        let clone = |value: &dyn Any| Some(Box::new(value.downcast_ref::<T>()?.clone()) as Box<dyn Any>);
        self.0.insert(TypeId::of::<T>(), Shared { value: Arc::new(value), clone }).is_some()
    }

    /// Adds all values of another map.
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(crate) fn find<T: 'static>(&self) -> Option<T> {
        let Shared { value, clone } = self.0.get(&TypeId::of::<T>())?;
        clone(value.as_ref())?.downcast().ok().map(|value| *value)
    }

    pub(crate) fn has(&self, state: &StateType) -> bool {
        self.0.contains_key(&state.id)
    }
}

/// A type of state that a durable function asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StateType {
    id: TypeId,
    name: &'static str,
}

impl StateType {
    /// The type's name.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }
}

/// All types of state that a durable function asks for.
#[derive(Debug, Clone, Default)]
pub struct States(Vec<StateType>);

impl States {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn with<T: Shareable>(mut self) -> Self {
        self.0.push(StateType { id: TypeId::of::<T>(), name: type_name::<T>() });
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &StateType> {
        self.0.iter()
    }
}
