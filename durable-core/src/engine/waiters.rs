//! Who waits for the end of an execution.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
pub(super) struct Waiters(Arc<Table>);

type Table = Mutex<ByExecution>;
type ByExecution = HashMap<ExecutionId, Vec<oneshot::Sender<Ending>>>;

impl Waiters {
    /// Waits for what is announced from now on.
    pub(super) fn register(&self, id: ExecutionId) -> Waiting {
        let (sender, ending) = oneshot::channel();
        lock(&self.0).entry(id).or_default().push(sender);
        Waiting { id, ending, table: Arc::clone(&self.0) }
    }

    pub(super) fn announce(&self, id: ExecutionId, ending: &Ending) {
        let waiting = lock(&self.0).remove(&id);
        for waiter in waiting.into_iter().flatten() {
            let _ = waiter.send(ending.clone());
        }
    }
}

/// One who waits, until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting {
    id: ExecutionId,
    ending: oneshot::Receiver<Ending>,
    table: Arc<Table>,
}

impl Waiting {
    /// What is announced; nothing if nobody is left who could.
    pub(super) async fn ending(&mut self) -> Option<Ending> {
        (&mut self.ending).await.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.ending.close();
        if let Entry::Occupied(mut waiting) = lock(&self.table).entry(self.id) {
            waiting.get_mut().retain(|waiter| !waiter.is_closed());
            if waiting.get().is_empty() {
                waiting.remove();
            }
        }
    }
}

fn lock(table: &Table) -> MutexGuard<'_, ByExecution> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_gone_leaves_nothing() {
        let (waiters, id) = (Waiters::default(), ExecutionId::generate());
        let mut patient = waiters.register(id);
        drop(waiters.register(id));
        assert_eq!(lock(&waiters.0).get(&id).map(Vec::len), Some(1));
        waiters.announce(id, &Ending::Ended(Outcome::Succeeded(None)));
        assert!(matches!(patient.ending().await, Some(Ending::Ended(_))));
        drop(patient);
        // As after the end of the execution, which nobody announces again.
        drop(waiters.register(id));
        assert!(lock(&waiters.0).is_empty());
    }
}
