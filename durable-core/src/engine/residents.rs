//! Suspended runs that stay in memory: they are woken instead of replayed, and the least recently used leave first.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::mailbox::Message;
use super::shared::Shared;
use crate::context::Watch;
use crate::model::ExecutionId;

/// When a run came to rest; a later rest has a higher stamp.
pub(super) type Stamp = u64;

/// The suspended runs of one worker.
pub(super) struct Residents {
    shared: Arc<Shared>,
    /// How many this worker keeps.
    capacity: usize,
    /// The number of this worker.
    pub(super) worker: usize,
    /// Where others see what this worker does.
    pub(super) watch: Arc<Watch>,
    table: RefCell<Table>,
}

#[derive(Default)]
struct Table {
    by_age: BTreeMap<Stamp, ExecutionId>,
    last: Stamp,
}

impl Residents {
    pub(super) fn new(shared: Arc<Shared>, worker: usize, capacity: usize, watch: Arc<Watch>) -> Self {
        Self { shared, worker, capacity, watch, table: RefCell::default() }
    }

    /// Takes in a run that rests from now on, and sends the one away that has rested longest if there are too many.
    /// `None` means that none is kept.
    pub(super) fn enter(&self, id: ExecutionId) -> Option<Stamp> {
        if self.capacity == 0 {
            return None;
        }
        let mut table = self.table.borrow_mut();
        table.last += 1;
        let stamp = table.last;
        table.by_age.insert(stamp, id);
        self.shared.metrics.resident.add(1);
        if table.by_age.len() > self.capacity
            && let Some((stamp, id)) = table.by_age.pop_first()
        {
            self.shared.metrics.resident.sub(1);
            self.shared.metrics.evictions.add(1);
            self.shared.mailboxes.tell(id, Message::Evict { stamp });
        }
        Some(stamp)
    }

    /// Lets a run go that rests no longer.
    pub(super) fn leave(&self, stamp: Stamp) {
        if self.table.borrow_mut().by_age.remove(&stamp).is_some() {
            self.shared.metrics.resident.sub(1);
        }
    }
}
