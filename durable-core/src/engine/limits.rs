//! How much an engine does at once.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::StartError;
use super::function::Registry;
use crate::context::{Gate, Lane};
use crate::model::ExecutionId;

/// How much runs at once; nothing is limited unless it is said.
///
/// What is too much waits for its turn. Turns go from function to function, so that one with thousands waiting does not
/// keep the others out. Nothing of this is recorded, and a replay does not care.
///
/// ```
/// use durable::prelude::*;
/// use durable::Concurrency;
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(order);
/// let engine = engine.concurrency(Concurrency::new().steps(64)).concurrency_of(order, Concurrency::new().executions(8));
/// let engine = engine.start().await?;
/// assert_eq!(engine.start(order(21)).await?.output().await?, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct Concurrency {
    executions: Option<usize>,
    steps: Option<usize>,
}

impl Concurrency {
    /// No limits.
    pub const fn new() -> Self {
        Self { executions: None, steps: None }
    }

    /// The most executions that run at once, at least one. Executions that wait for a timer, a callback or another
    /// execution do not count.
    pub const fn executions(self, count: usize) -> Self {
        Self { executions: Some(at_least_one(count)), ..self }
    }

    /// The most bodies of steps, conditions and submitters that run at once, at least one.
    pub const fn steps(self, count: usize) -> Self {
        Self { steps: Some(at_least_one(count)), ..self }
    }
}

const fn at_least_one(count: usize) -> usize {
    if count == 0 { 1 } else { count }
}

/// The gates of an engine, with a lane for each function.
pub(super) struct Gates {
    pub(super) executions: Arc<Gate>,
    pub(super) steps: Arc<Gate>,
    lanes: BTreeMap<&'static str, usize>,
    /// The lane of all functions whose code is elsewhere.
    elsewhere: usize,
    /// The executions that wait for room. They need no task meanwhile: whoever makes room brings it back.
    waiting: Mutex<HashSet<ExecutionId>>,
}

impl Gates {
    pub(super) fn new(
        registry: &Registry,
        engine: Concurrency,
        mut functions: BTreeMap<&'static str, Concurrency>,
    ) -> Result<Self, StartError> {
        let mut lanes = BTreeMap::new();
        for registered in registry.iter() {
            let number = lanes.len();
            lanes.entry(registered.function.name()).or_insert(number);
        }
        if let Some(unknown) = functions.keys().find(|name| !lanes.contains_key(*name)) {
            return Err(StartError::LimitOfUnknown(unknown));
        }
        let mut limits: Vec<_> =
            lanes.iter().map(|(name, number)| (*number, functions.remove(name).unwrap_or_default())).collect();
        let elsewhere = lanes.len();
        limits.push((elsewhere, Concurrency::new()));
        limits.sort_by_key(|(number, _)| *number);
        let executions = Gate::new(engine.executions, limits.iter().map(|(_, limit)| limit.executions));
        let steps = Gate::new(engine.steps, limits.iter().map(|(_, limit)| limit.steps));
        Ok(Self { executions, steps, lanes, elsewhere, waiting: Mutex::default() })
    }

    /// Whether the execution waits for room.
    pub(super) fn is_waiting(&self, id: ExecutionId) -> bool {
        self.waiting().contains(&id)
    }

    /// The execution waits for room from now on.
    pub(super) fn wait(&self, id: ExecutionId) {
        self.waiting().insert(id);
    }

    /// The execution waits no longer.
    pub(super) fn leave(&self, id: ExecutionId) {
        self.waiting().remove(&id);
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<ExecutionId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ways of a function through both gates: for executions, and for the bodies of steps.
    /// `None` for one that is not registered.
    pub(super) fn lanes(&self, function: &str) -> Option<(Lane, Lane)> {
        let number = self.lanes.get(function).copied()?;
        Some((self.executions.lane(number), self.steps.lane(number)))
    }

    /// The way of all functions whose code is elsewhere.
    pub(super) fn lane_elsewhere(&self) -> Lane {
        self.executions.lane(self.elsewhere)
    }

    /// Lets no execution and no step begin any more.
    pub(super) fn close(&self) {
        self.executions.close();
        self.steps.close();
    }
}
