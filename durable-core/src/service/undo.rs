//! Takes a batch back that turned out to be illegal.

use std::collections::BTreeSet;

use super::execution::Execution;
use super::limits::Size;
use crate::model::{Operation, OperationUpdate, Timestamp};

/// What a batch can change, as it was before.
pub(super) struct Mark {
    operations: usize,
    touched: Vec<Operation>,
    unseen: BTreeSet<usize>,
    last_event: u32,
    last_time: Timestamp,
    active_since: Option<Timestamp>,
    size: Size,
    abandoned: BTreeSet<usize>,
}

impl Mark {
    /// The state before `batch`.
    pub(super) fn new(execution: &Execution, batch: &[OperationUpdate]) -> Self {
        Self {
            operations: execution.operations.len(),
            touched: batch.iter().filter_map(|update| execution.operation(&update.id).cloned()).collect(),
            unseen: execution.unseen.clone(),
            last_event: execution.last_event,
            last_time: execution.last_time,
            active_since: execution.active_since,
            size: execution.size,
            abandoned: execution.abandoned.clone(),
        }
    }

    /// Goes back to it.
    pub(super) fn roll_back(self, execution: &mut Execution) {
        let Self { operations, touched, unseen, last_event, last_time, active_since, size, abandoned } = self;
        execution.size = size;
        let given_up: Vec<_> = execution.abandoned.difference(&abandoned).copied().collect();
        execution.abandoned = abandoned;
        for (begun, position) in execution.operations.drain(operations..).zip(operations..) {
            execution.index.remove(&begun.id);
            execution.wake_sources.remove(position, begun.kind);
        }
        execution.deadlines.retain(|(_, position)| *position < operations);
        for inside in execution.children.values_mut() {
            inside.retain(|position| *position < operations);
        }
        let waited_for_again = given_up.into_iter().filter_map(|position| execution.operations.get(position).cloned());
        for operation in waited_for_again.collect::<Vec<_>>().into_iter().chain(touched) {
            execution.put(operation);
        }
        execution.unseen = unseen;
        execution.last_event = last_event;
        execution.last_time = last_time;
        execution.active_since = active_since;
    }
}
