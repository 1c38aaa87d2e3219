//! When something happens to which execution: one ordered set for all of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::model::{Clock, ExecutionId, Timestamp};

/// The next due time of each execution that has one.
#[derive(Debug, Default)]
pub(super) struct Timers {
    table: Mutex<Table>,
    sooner: Notify,
}

#[derive(Debug, Default)]
struct Table {
    order: BTreeSet<(Timestamp, ExecutionId)>,
    due: HashMap<ExecutionId, Timestamp>,
}

impl Timers {
    /// Sets when the execution is due next.
    pub(super) fn set(&self, id: ExecutionId, due: Option<Timestamp>) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let first = table.order.first().copied();
        let before = match due {
            Some(due) => table.due.insert(id, due),
            None => table.due.remove(&id),
        };
        if let Some(before) = before {
            table.order.remove(&(before, id));
        }
        if let Some(due) = due {
            table.order.insert((due, id));
            if first.is_none_or(|(first, _)| due < first) {
                self.sooner.notify_one();
            }
        }
    }

    /// Returns the executions that are due, as soon as there are any, and forgets their times.
    pub(super) async fn due(&self, clock: &dyn Clock) -> Vec<ExecutionId> {
        loop {
            let (due, next) = self.take_due(clock.now());
            if !due.is_empty() {
                return due;
            }
            let sooner = self.sooner.notified();
            match next {
                Some(next) => tokio::select! { () = clock.sleep_until(next) => {} () = sooner => {} },
                None => sooner.await,
            }
        }
    }

    fn take_due(&self, now: Timestamp) -> (Vec<ExecutionId>, Option<Timestamp>) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while let Some((due, id)) = table.order.first().copied() {
            if due > now {
                return (taken, Some(due));
            }
            table.order.pop_first();
            table.due.remove(&id);
            taken.push(id);
        }
        (taken, None)
    }
}
