//! News of executions: when they begin and how they end.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::stream::{BoxStream, Stream, StreamExt, unfold};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::model::{ExecutionId, ExecutionStatus, Name, Timestamp};
use crate::service::Execution;

/// How many changes wait for a slow reader.
const WAITING: usize = 1024;

/// An execution began or ended.
///
/// See [`StatusChanges`] for an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusChange {
    /// Which execution.
    pub execution: ExecutionId,
    /// Its function.
    pub function: Name,
    /// The version of its function that it was started with.
    pub version: Option<String>,
    /// Its name.
    pub name: Name,
    /// Where it stands now.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl StatusChange {
    pub(super) fn of(execution: &Execution) -> Self {
        let (spec, standing) = (execution.spec(), execution.standing());
        Self {
            execution: spec.id,
            function: spec.function.clone(),
            version: spec.version.clone(),
            name: spec.name.clone(),
            status: standing.status,
            started: standing.started,
            ended: standing.ended,
        }
    }
}

/// Sends news to whoever has asked for it, until the engine ends.
pub(super) struct StatusSender(Mutex<Option<broadcast::Sender<StatusChange>>>);

impl Default for StatusSender {
    fn default() -> Self {
        Self(Mutex::new(Some(broadcast::Sender::new(WAITING))))
    }
}

impl StatusSender {
    pub(super) fn send(&self, change: StatusChange) {
        if let Some(sender) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // Nobody may be listening.
            let _ = sender.send(change);
        }
    }

    pub(super) fn subscribe(&self) -> StatusChanges {
        let receiver = match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(sender) => sender.subscribe(),
            // Without its sender there is nothing to receive.
            None => broadcast::Sender::new(1).subscribe(),
        };
        StatusChanges { changes: unfold(receiver, next).boxed() }
    }

    /// Sends nothing any more.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

async fn next(
    mut receiver: broadcast::Receiver<StatusChange>,
) -> Option<(StatusChange, broadcast::Receiver<StatusChange>)> {
    loop {
        match receiver.recv().await {
            Ok(change) => return Some((change, receiver)),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "status changes were not read in time");
            }
            Err(RecvError::Closed) => return None,
        }
    }
}

/// News of an engine's executions, from the subscription on: a [`Stream`] that ends with the engine.
///
/// It is news and no record: what happens while nobody reads is missed, and so is what happens while the process is
/// down. Whoever is slower than 1,024 changes misses the oldest, with a warning in the log that says how many. What counts
/// is in the store: [`Engine::list`](super::Engine::list) says where every execution stands.
///
/// ```
/// use durable::prelude::*;
/// use futures_util::StreamExt;
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(order).start().await?;
/// let changes = engine.status_changes();
/// engine.start(order(21)).await?.output().await?;
/// engine.shutdown().await;
/// let ended: Vec<_> = changes.filter_map(async |change| change.ended).collect().await;
/// assert_eq!(ended.len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct StatusChanges {
    changes: BoxStream<'static, StatusChange>,
}

impl StatusChanges {
    /// The next change; `None` when the engine has ended.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().start().await?;
    /// let mut changes = engine.status_changes();
    /// engine.shutdown().await;
    /// assert_eq!(changes.next().await, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<StatusChange> {
        StreamExt::next(&mut self.changes).await
    }
}

impl Stream for StatusChanges {
    type Item = StatusChange;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<StatusChange>> {
        self.changes.poll_next_unpin(cx)
    }
}

impl std::fmt::Debug for StatusChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusChanges").finish_non_exhaustive()
    }
}
