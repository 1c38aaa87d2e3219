//! Answering callbacks.

use serde::Serialize;

use super::Engine;
use super::error::EngineError;
use super::mailbox::Message;
use crate::model::{CallbackId, ErrorObject, ExecutionId, OperationId};
use crate::value::to_json;

impl Engine {
    /// Completes a callback with a value, which is recorded as JSON. The first completion wins.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.complete_callback(&id, &true).await?;
    /// assert_eq!(run.output().await?, Ok(true));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn complete_callback<T: Serialize + ?Sized>(
        &self,
        id: &CallbackId,
        value: &T,
    ) -> Result<(), EngineError> {
        let payload = to_json(&value).map_err(EngineError::Unserialisable)?;
        self.complete_callback_with(id, payload).await
    }

    /// Completes a callback with text, which is recorded as it is. The first completion wins.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.complete_callback_with(&id, Some("true".to_owned())).await?;
    /// assert_eq!(run.output().await?, Ok(true));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn complete_callback_with(&self, id: &CallbackId, payload: Option<String>) -> Result<(), EngineError> {
        let (execution, operation) = self.find_callback(id).await?;
        let ask = |reply| Message::Complete { operation, outcome: Ok(payload), reply };
        self.shared().ask(execution, ask).await
    }

    /// Completes a callback with an error. The first completion wins.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::ErrorObject;
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.fail_callback(&id, ErrorObject::new("Closed", "come back tomorrow")).await?;
    /// assert!(matches!(run.output().await?, Err(CallbackError::Failed(error)) if error.is("Closed")));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn fail_callback(&self, id: &CallbackId, error: ErrorObject) -> Result<(), EngineError> {
        let (execution, operation) = self.find_callback(id).await?;
        let ask = |reply| Message::Complete { operation, outcome: Err(error), reply };
        self.shared().ask(execution, ask).await
    }

    /// Keeps a callback with a heartbeat timeout alive for another such time.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.heartbeat_callback(&id).await?;
    /// engine.complete_callback(&id, &true).await?;
    /// assert_eq!(run.output().await?, Ok(true));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn heartbeat_callback(&self, id: &CallbackId) -> Result<(), EngineError> {
        let (execution, operation) = self.find_callback(id).await?;
        self.shared().ask(execution, |reply| Message::Heartbeat { operation, reply }).await
    }

    async fn find_callback(&self, id: &CallbackId) -> Result<(ExecutionId, OperationId), EngineError> {
        let hash = id.hash();
        let found = self.shared().read(move |store| store.find_callback(&hash)).await?;
        found.ok_or(EngineError::UnknownCallback)
    }
}
