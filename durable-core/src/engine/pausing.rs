//! Pausing executions.

use super::Engine;
use super::error::EngineError;
use super::mailbox::Message;
use crate::model::ExecutionId;

impl Engine {
    /// Lets no code of an execution run for now. A run that is live goes on to its end first; timers end and callbacks
    /// arrive as ever, and are there when it runs again. With `pauses_timeout` its time to end stands still meanwhile.
    ///
    /// **Recorded:** when it was asked for, when it began, and why. **Errors:** [`Refused`](crate::service::Refused) if
    /// it has ended or is paused already.
    ///
    /// ```
    /// use durable::ExecutionStatus;
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
    /// let run = engine.start(order()).await?;
    /// engine.pause(run.id(), Some("the courier is on strike".to_owned()), true).await?;
    /// assert!(matches!(
    ///     engine.describe(run.id()).await?.status,
    ///     ExecutionStatus::Pausing | ExecutionStatus::Paused
    /// ));
    /// engine.resume(run.id(), None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn pause(
        &self,
        id: ExecutionId,
        reason: Option<String>,
        pauses_timeout: bool,
    ) -> Result<(), EngineError> {
        self.shared().ask(id, |reply| Message::Pause { reason, pauses_timeout, reply }).await
    }

    /// Lets a paused execution run again.
    ///
    /// **Recorded:** when, and why. **Errors:** [`Refused`](crate::service::Refused) if it has ended or is not paused.
    pub async fn resume(&self, id: ExecutionId, reason: Option<String>) -> Result<(), EngineError> {
        self.shared().ask(id, |reply| Message::Resume { reason, reply }).await
    }
}
