//! Looking after executions: those that are parked, unwanted or over.

use super::Engine;
use super::error::EngineError;
use super::mailbox::Message;
use super::parking::ParkReason;
use crate::model::{ErrorObject, ExecutionId};
use crate::service::Standing;
use crate::store::{Commit, Trouble};

impl Engine {
    /// Lets a parked execution run again, with what is known of its crashes forgotten.
    ///
    /// **Recorded:** that nothing is held against it. **Errors:** [`EngineError::UnknownExecution`]; one that is not parked is
    /// left as it is. See [`Engine::parked`] for an example.
    pub async fn unpark(&self, id: ExecutionId) -> Result<(), EngineError> {
        self.glance(id).await?;
        let note = Commit { trouble: Some(Trouble::default()), ..Commit::new(id) };
        self.shared().writer.commit(vec![note]).await.ok_or(EngineError::ShutDown)??;
        self.shared().parking.unpark(id);
        self.shared().deliver(id, Message::Wake);
        Ok(())
    }

    /// Why an execution is parked, if it is: it is not driven, and loses nothing.
    ///
    /// What does not fit the code is tried again when an engine starts anew, or by [`Engine::unpark`]; an execution
    /// that ended five processes in a row, or twelve where nothing shows who did, only by the latter.
    /// [`Query::parked`](crate::store::Query::parked) lists them.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use durable::RunError;
    /// use durable::prelude::*;
    /// use durable::store::{MemoryStore, Store};
    ///
    /// mod before {
    ///     # use super::*;
    ///     #[durable(name = "order")]
    ///     pub async fn order() {
    ///         sleep(seconds(1)).named("a-moment").await;
    ///     }
    /// }
    ///
    /// mod after {
    ///     # use super::*;
    ///     #[durable(name = "order")]
    ///     pub async fn order() {
    ///         sleep(seconds(1)).named("another").await;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store: Arc<dyn Store> = Arc::new(MemoryStore::new()?);
    /// let engine = Engine::on_store(Arc::clone(&store)).register(before::order).start().await?;
    /// let id = engine.start(before::order()).await?.id();
    /// engine.shutdown().await;
    ///
    /// let engine = Engine::on_store(store).register(after::order).start().await?;
    /// let run = engine.attach(after::order, id).await?;
    /// if let Err(RunError::Parked(reason)) = run.output().await {
    ///     assert!(engine.parked(id).is_some_and(|parked| parked.as_str() == reason.as_str()));
    ///     // It would be parked again, as the code is still another.
    ///     engine.unpark(id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn parked(&self, id: ExecutionId) -> Option<ParkReason> {
        self.shared().parking.reason(id)
    }

    /// Deletes an execution that has ended, with its history; its name is free then.
    ///
    /// **Errors:** [`EngineError::UnknownExecution`], [`EngineError::StillRunning`]; [`EngineError::EndNotTold`] for one that
    /// another execution has started and waits for, until that one knows.
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
    /// run.output().await?;
    /// engine.delete(run.id()).await?;
    /// assert_eq!(engine.find("order", "order-42").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(&self, id: ExecutionId) -> Result<(), EngineError> {
        let Standing { status, unreported, .. } = self.glance(id).await?.standing;
        if !status.is_terminal() {
            return Err(EngineError::StillRunning(id));
        }
        if unreported {
            return Err(EngineError::EndNotTold(id));
        }
        self.shared().read(move |store| store.delete(&[id])).await
    }

    /// Stops an execution: nothing of it is recorded or run any more.
    ///
    /// A step that runs is dropped at its next `.await`, and what it would have given is not recorded; one on a thread of
    /// its own (`#[step(blocking)]`) runs to its end unheard. Executions that it has invoked are executions of their own:
    /// they go on, and nobody waits for them any more; [`Engine::list`] finds them, to be stopped as well.
    ///
    /// **Recorded:** an `ExecutionStopped` with the reason, cut to what [`Limits::result_bytes`] allows. **Errors:**
    /// [`EngineError::Refused`] if it has ended, [`EngineError::UnknownExecution`].
    ///
    /// [`Limits::result_bytes`]: crate::service::Limits::result_bytes
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::{ErrorObject, RunError};
    ///
    /// #[durable]
    /// async fn order() {
    ///     sleep(days(3)).await;
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let run = engine.start(order()).await?;
    /// engine.stop(run.id(), ErrorObject::new("Cancelled", "the customer has changed her mind")).await?;
    /// assert!(matches!(run.output().await, Err(RunError::Stopped(_))));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stop(&self, id: ExecutionId, reason: ErrorObject) -> Result<(), EngineError> {
        self.shared().ask(id, |reply| Message::Stop { error: reason, reply }).await
    }
}
