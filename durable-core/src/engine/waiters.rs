//! Who waits for the end of an execution.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use super::parking::ParkReason;
use crate::model::ExecutionId;
use crate::service::Outcome;

/// What whoever waits is told.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    Ended(Outcome),
    Parked(ParkReason),
}

/// The waiting, by execution.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<HashMap<ExecutionId, Vec<oneshot::Sender<Ending>>>>);

impl Waiters {
    /// Waits for what is announced from now on.
    pub(super) fn register(&self, id: ExecutionId) -> oneshot::Receiver<Ending> {
        let (sender, receiver) = oneshot::channel();
        let mut waiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiters.entry(id).or_default();
        // Those who gave up leave no trace.
        waiting.retain(|waiter| !waiter.is_closed());
        waiting.push(sender);
        receiver
    }

    pub(super) fn announce(&self, id: ExecutionId, ending: &Ending) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        for waiter in waiting.into_iter().flatten() {
            let _ = waiter.send(ending.clone());
        }
    }
}
