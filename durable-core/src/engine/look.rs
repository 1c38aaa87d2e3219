//! What an engine shows: executions, their histories, and itself.

use super::error::EngineError;
use super::metrics::Metrics;
use super::status::StatusChanges;
use super::{Engine, liveness};
use crate::model::{Event, EventKind, ExecutionId, Name};
use crate::store::{Glance, LogEnd, Query, Stored, Summary};

impl Engine {
    /// The execution's whole history, oldest event first.
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
    /// let events: Vec<_> = engine.history(run.id()).await?.iter().map(|event| event.kind.event_type()).collect();
    /// assert_eq!(events, ["ExecutionStarted", "InvocationCompleted", "ExecutionSucceeded"]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn history(&self, id: ExecutionId) -> Result<Vec<Event>, EngineError> {
        let key = self.shared().key.clone();
        let events = self.load(id).await?.into_events().into_iter();
        Ok(events
            .map(|mut event| {
                if let (EventKind::CallbackStarted { callback_id, .. }, Some(operation)) =
                    (&mut event.kind, &event.operation)
                {
                    *callback_id = Some(key.derive(id, &operation.id));
                }
                event
            })
            .collect())
    }

    /// Executions, newest first.
    ///
    /// **Errors:** [`EngineError::Store`]; that there are none is an empty list.
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::{ExecutionStatus, Query};
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let run = engine.start(order(21)).name("order-42").await?;
    /// run.output().await?;
    /// let ended = engine.list(Query::new().status(ExecutionStatus::Succeeded).name_prefix("order-")).await?;
    /// assert_eq!(ended[0].id, run.id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(&self, query: Query) -> Result<Vec<Summary>, EngineError> {
        self.shared().read(move |store| store.list(&query)).await
    }

    /// The execution of `function` with this name.
    ///
    /// **Errors:** [`EngineError::Store`]; that there is none is `None`.
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
    /// let run = engine.start(order(21)).name("order-42").await?;
    /// assert_eq!(engine.find("order", "order-42").await?, Some(run.id()));
    /// assert_eq!(engine.find("order", "order-43").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find(&self, function: &str, name: &str) -> Result<Option<ExecutionId>, EngineError> {
        let (Ok(function), Ok(name)) = (Name::new(function.to_owned()), Name::new(name.to_owned())) else {
            return Ok(None);
        };
        self.shared().read(move |store| store.find(&function, &name)).await
    }

    /// Running executions that nothing will ever wake, or that should run and nobody drives. There are none: whatever is
    /// in here shows a bug in this crate, and is worth an alarm. [`Metrics::stranded`] counts them from time to time.
    ///
    /// **Errors:** [`EngineError::Store`].
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn order() {
    ///     sleep(days(3)).await;
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// engine.start(order()).await?;
    /// assert!(engine.stranded().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stranded(&self) -> Result<Vec<ExecutionId>, EngineError> {
        liveness::stranded(self.shared()).await
    }

    /// News of executions that begin and end, from now on.
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::ExecutionStatus;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let mut changes = engine.status_changes();
    /// engine.start(order(21)).await?;
    /// let (began, ended) = (changes.next().await, changes.next().await);
    /// assert_eq!(began.map(|change| change.status), Some(ExecutionStatus::Running));
    /// assert_eq!(ended.map(|change| change.status), Some(ExecutionStatus::Succeeded));
    /// # Ok(())
    /// # }
    /// ```
    pub fn status_changes(&self) -> StatusChanges {
        self.shared().status.subscribe()
    }

    /// What the engine has done since it started, and what it holds now.
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
    /// engine.start(order(21)).await?.output().await?;
    /// assert_eq!(engine.metrics().runs, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn metrics(&self) -> Metrics {
        self.shared().metrics.read(self.shared().parking.count())
    }

    pub(super) async fn glance(&self, id: ExecutionId) -> Result<Glance, EngineError> {
        let found = self.shared().read(move |store| store.glance(id, LogEnd::Last)).await?;
        found.ok_or(EngineError::UnknownExecution(id))
    }

    pub(crate) async fn load(&self, id: ExecutionId) -> Result<Stored, EngineError> {
        let stored = self.shared().read(move |store| store.load(id)).await?;
        stored.ok_or(EngineError::UnknownExecution(id))
    }
}
