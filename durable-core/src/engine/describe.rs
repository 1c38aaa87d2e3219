//! What an engine tells of its functions and executions.

use super::Engine;
use super::error::EngineError;
use crate::model::{EventKind, ExecutionId, ExecutionStatus, Timestamp};
use crate::plan::Plan;
use crate::service::{Outcome, Spec};
use crate::store::Stored;

/// An execution as a whole: what it is, where it stands and how it ended.
///
/// See [`Engine::describe`] for an example.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Described {
    /// What it is from the start.
    pub spec: Spec,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The pause that it is in.
    pub paused: Option<Paused>,
}

/// A pause of an execution.
///
/// See [`Engine::pause`] for an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paused {
    /// When it was asked for.
    pub requested: Timestamp,
    /// Why.
    pub reason: Option<String>,
    /// Whether the time until the execution's timeout stands still.
    pub pauses_timeout: bool,
}

/// A function that an engine can start.
///
/// See [`Engine::functions`] for an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// Its name.
    pub name: String,
    /// Its explicit version.
    pub version: Option<String>,
    /// What its source shows; nothing for code that is elsewhere.
    pub plan: Option<Plan>,
    /// After how many seconds its executions end with a timeout.
    pub execution_timeout_seconds: Option<u32>,
}

impl From<Stored> for Described {
    fn from(stored: Stored) -> Self {
        let (spec, standing) = (stored.spec.clone(), stored.standing);
        let events = stored.into_events();
        let outcome = events.iter().rev().find_map(|event| Outcome::of_event(&event.kind));
        let paused = events.iter().rev().find_map(|event| match &event.kind {
            EventKind::ExecutionPaused { requested, reason, pauses_timeout } => {
                Some(Paused { requested: *requested, reason: reason.clone(), pauses_timeout: *pauses_timeout })
            }
            _ => None,
        });
        Self {
            spec,
            status: standing.status,
            started: standing.started,
            ended: standing.ended,
            outcome,
            paused: paused.filter(|_| standing.status == ExecutionStatus::Paused),
        }
    }
}

impl Engine {
    /// An execution as a whole.
    ///
    /// **Errors:** [`EngineError::UnknownExecution`].
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let run = engine.start(order(21)).await?;
    /// run.output().await?;
    /// let described = engine.describe(run.id()).await?;
    /// assert_eq!(described.spec.input.as_deref(), Some("21"));
    /// assert!(described.ended.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe(&self, id: ExecutionId) -> Result<Described, EngineError> {
        Ok(self.load(id).await?.into())
    }

    /// The functions that can be started, here and elsewhere; versions of one name in the order of their registration.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable(version = "2")]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let functions = engine.functions();
    /// assert_eq!((functions[0].name.as_str(), functions[0].version.as_deref()), ("order", Some("2")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn functions(&self) -> Vec<FunctionInfo> {
        let here = self.shared().registry.iter().map(|registered| FunctionInfo {
            name: registered.function.name().to_owned(),
            version: registered.function.version_name().map(str::to_owned),
            plan: Some(Plan::of(registered.function)),
            execution_timeout_seconds: registered.timeout_seconds(),
        });
        let elsewhere = self.shared().remotes.all().into_iter().map(|function| FunctionInfo {
            name: function.name().to_string(),
            version: function.version().map(str::to_owned),
            plan: None,
            execution_timeout_seconds: function.timeout_seconds(),
        });
        here.chain(elsewhere).collect()
    }
}
