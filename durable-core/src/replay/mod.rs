//! The replay machine: what is recorded, against what the code performs.
//!
//! > Every operation that the code performs is the next recorded one of its context, or a new one after all of them.
//!
//! It has no clock, no randomness and no I/O. Whoever drives a run does, in a loop:
//!
//! 1. poll the code, which calls [`Replay::perform`], [`Replay::push`] and [`Replay::operation`];
//! 2. [`Replay::take`] the updates and have them recorded;
//! 3. [`Replay::acknowledge`] the operations that changed.

mod mismatch;
mod queue;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub(crate) use mismatch::{Difference, Mismatch, Side};

use queue::Queue;

use crate::model::{Kind, Name, Operation, OperationId, OperationUpdate};
use crate::operation::Place;

/// One run of the code against what is recorded.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    operations: HashMap<OperationId, Arc<Operation>>,
    /// Their ids, in the order in which they began.
    order: Vec<OperationId>,
    scopes: HashMap<Option<OperationId>, Scope>,
    queue: Queue,
}

/// The operations of one context.
#[derive(Debug, Default)]
struct Scope {
    /// What was recorded before this run, in the order in which it was performed.
    recorded: Vec<OperationId>,
    /// The first of them that this run has not performed.
    next: usize,
    /// Those after it that this run has performed, by code that need not keep to the order.
    early: HashSet<OperationId>,
    /// Whether there is such code.
    shared: bool,
    /// Whether something was performed that was not on record, or that had not ended and is attempted again.
    is_new: bool,
    /// How often each name was performed, with each of its keys.
    occurrences: HashMap<(Name, Option<Key>), u32>,
}

/// Data that tells the occurrences of one name apart, as text.
pub(crate) type Key = Arc<str>;

/// What the code is about to perform.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// The context of the code, from which the id is derived.
    pub(crate) scope: Option<OperationId>,
    /// The context on record; another than the scope if that is virtual.
    pub(crate) parent: Option<OperationId>,
    pub(crate) kind: Kind,
    pub(crate) name: Name,
    /// The name that it had before; found on record, it is its name here too.
    pub(crate) was: Option<Name>,
    /// The data that it is known by among those of its name.
    pub(crate) key: Option<Key>,
    /// Which operation of this name it is, if that is known by other means than counting.
    pub(crate) occurrence: Option<u32>,
    /// Whether the operation must come where it is recorded. Not so for code whose operations share a context on
    /// record with those of other code, nor for code that runs again over a finished context.
    pub(crate) ordered: bool,
    pub(crate) place: Place,
}

impl Scope {
    /// Notes that a recorded operation was performed.
    fn pass(&mut self, id: &OperationId) {
        if self.recorded.get(self.next) != Some(id) {
            self.early.insert(id.clone());
            return;
        }
        self.next += 1;
        while let Some(next) = self.recorded.get(self.next)
            && self.early.remove(next)
        {
            self.next += 1;
        }
    }
}

impl Replay {
    /// A run that is answered from `operations`, which are in the order in which they began.
    pub(crate) fn new(operations: Vec<Operation>) -> Self {
        let mut replay = Self::default();
        for operation in operations {
            replay.scopes.entry(operation.parent.clone()).or_default().recorded.push(operation.id.clone());
            replay.order.push(operation.id.clone());
            replay.operations.insert(operation.id.clone(), Arc::new(operation));
        }
        replay
    }

    /// Gives the act its id, after checking that it is the one that was recorded here; and its old name if that is what
    /// was recorded.
    pub(crate) fn perform(&mut self, act: &mut Act) -> Result<OperationId, Box<Mismatch>> {
        let renamed = act.was.clone().filter(|was| self.is_next(act, was));
        act.name = renamed.unwrap_or_else(|| act.name.clone());
        let Act { scope, parent, kind, name, was, key, occurrence, ordered, place } = &*act;
        let in_scope = self.scopes.entry(scope.clone()).or_default();
        let counted = in_scope.occurrences.entry((name.clone(), key.clone())).or_default();
        let id = OperationId::derive_keyed(scope.as_ref(), name, key.as_deref(), occurrence.unwrap_or(*counted));
        *counted += 1;

        let on_record = self.scopes.entry(parent.clone()).or_default();
        on_record.shared |= !ordered;
        let position = on_record.next;
        let expected = if *ordered { on_record.recorded.get(position) } else { Some(&id) };
        if let Some(recorded) = expected.and_then(|expected| self.operations.get(expected))
            && (recorded.id != id || recorded.kind != *kind)
        {
            let performed = Side { kind: *kind, name: name.clone() };
            let recorded = Side::of_operation(recorded);
            let difference = Difference::Other { position, recorded, performed };
            return Err(Box::new(Mismatch { difference, was: was.clone(), place: Some(*place) }));
        }
        if self.operations.contains_key(&id) {
            on_record.pass(&id);
        }
        let goes_on = match self.operations.get(&id) {
            Some(recorded) => recorded.kind.is_step() && !recorded.state.is_terminal(),
            None => true,
        };
        if goes_on && let Some(scope) = self.scopes.get_mut(scope) {
            scope.is_new = true;
        }
        Ok(id)
    }

    /// Counts a name that nothing is recorded under, and returns how often it had been counted in this context before.
    pub(crate) fn count(&mut self, scope: Option<&OperationId>, name: &Name) -> u32 {
        let occurrences = &mut self.scopes.entry(scope.cloned()).or_default().occurrences;
        let counted = occurrences.entry((name.clone(), None)).or_default();
        *counted += 1;
        *counted - 1
    }

    /// Whether the act is recorded here under this name.
    fn is_next(&self, act: &Act, name: &Name) -> bool {
        let occurrences = self.scopes.get(&act.scope).map(|scope| &scope.occurrences);
        let counted = occurrences.and_then(|counted| counted.get(&(name.clone(), act.key.clone()))).copied();
        let occurrence = act.occurrence.or(counted).unwrap_or(0);
        let id = OperationId::derive_keyed(act.scope.as_ref(), name, act.key.as_deref(), occurrence);
        if !act.ordered {
            return self.operations.contains_key(&id);
        }
        let on_record = self.scopes.get(&act.parent);
        on_record.is_some_and(|scope| scope.recorded.get(scope.next) == Some(&id))
    }

    /// Whether the code of a context, which had begun before this run or not, has yet to perform something that is on
    /// record.
    pub(crate) fn is_replaying(&self, scope: Option<&OperationId>, seen: bool) -> bool {
        match self.scopes.get(&scope.cloned()) {
            Some(Scope { is_new: true, .. }) => false,
            Some(scope) if !scope.recorded.is_empty() => scope.next < scope.recorded.len(),
            _ => seen,
        }
    }

    /// All operations, in the order in which they began.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.order.iter().filter_map(|id| self.operations.get(id))
    }

    /// Checks, when the code of a context is done, that it performed everything that was recorded there.
    pub(crate) fn close(&self, context: Option<&OperationId>, place: Option<Place>) -> Result<(), Box<Mismatch>> {
        let next = self.scopes.get(&context.cloned()).map_or(0, |scope| scope.next);
        self.allow(context, next, place)
    }

    /// Checks that no more than so many operations are recorded in a context.
    pub(crate) fn allow(
        &self,
        context: Option<&OperationId>,
        count: usize,
        place: Option<Place>,
    ) -> Result<(), Box<Mismatch>> {
        let Some(scope) = self.scopes.get(&context.cloned()) else { return Ok(()) };
        let Some(missed) = scope.recorded.get(count).and_then(|id| self.operations.get(id)) else { return Ok(()) };
        let difference = Difference::Missing { position: Some(count), recorded: Side::of_operation(missed) };
        Err(Box::new(Mismatch { difference, was: None, place }))
    }

    /// The same as [`Replay::close`] for code whose operations are recorded among those of other code in `parent`.
    ///
    /// An id is made of the scope, the name, and how often the name was performed before. So what the code left out is
    /// found under a name that is recorded in `parent`, with the count at which this scope stands.
    pub(crate) fn close_virtual(
        &self,
        scope: &OperationId,
        parent: Option<&OperationId>,
        place: Option<Place>,
    ) -> Result<(), Box<Mismatch>> {
        let Some(on_record) = self.scopes.get(&parent.cloned()) else { return Ok(()) };
        let open = on_record.recorded.get(on_record.next..).unwrap_or_default();
        let names: BTreeSet<_> =
            open.iter().filter_map(|id| self.operations.get(id)).filter_map(|open| open.name.as_ref()).collect();
        let counted = self.scopes.get(&Some(scope.clone())).map(|scope| &scope.occurrences);
        let missed = names.into_iter().find_map(|name| {
            let count = counted.and_then(|counted| counted.get(&((*name).clone(), None))).copied().unwrap_or(0);
            self.operations.get(&OperationId::derive(Some(scope), name, count))
        });
        let Some(missed) = missed else { return Ok(()) };
        let difference = Difference::Missing { position: None, recorded: Side::of_operation(missed) };
        Err(Box::new(Mismatch { difference, was: None, place }))
    }

    /// How many operations of a context were recorded before this run.
    pub(crate) fn recorded(&self, context: Option<&OperationId>) -> usize {
        self.scopes.get(&context.cloned()).map_or(0, |scope| scope.recorded.len())
    }

    /// Whether code performs operations in this context that need not keep to the order on record.
    pub(crate) fn is_shared(&self, context: &OperationId) -> bool {
        self.scopes.get(&Some(context.clone())).is_some_and(|scope| scope.shared)
    }

    /// What is known of an operation.
    pub(crate) fn operation(&self, id: &OperationId) -> Option<&Operation> {
        self.operations.get(id).map(Arc::as_ref)
    }

    /// Queues an update; it is recorded when [`Replay::is_acknowledged`] says so of the returned position.
    pub(crate) fn push(&mut self, update: OperationUpdate) -> u64 {
        let position = self.queue.reserve();
        self.queue.fill(position, update);
        position
    }

    /// Promises an update that takes some time to make, and gives it its position.
    pub(crate) fn reserve(&mut self) -> u64 {
        self.queue.reserve()
    }

    /// Keeps the promise.
    pub(crate) fn fill(&mut self, position: u64, update: OperationUpdate) {
        self.queue.fill(position, update);
    }

    /// Takes a promise back that was not kept.
    pub(crate) fn forget(&mut self, position: u64) {
        self.queue.forget(position);
    }

    /// Whether everything up to this position is recorded.
    pub(crate) fn is_acknowledged(&self, position: u64) -> bool {
        self.queue.is_acknowledged(position)
    }

    /// Whether updates wait to be taken.
    pub(crate) fn has_updates(&self) -> bool {
        self.queue.has_updates()
    }

    /// The updates to record next, in the order in which they were made.
    pub(crate) fn take(&mut self) -> Vec<OperationUpdate> {
        self.queue.take()
    }

    /// Takes in that the updates last taken are recorded.
    pub(crate) fn acknowledge(&mut self) {
        self.queue.acknowledge();
    }

    /// Takes in operations that changed.
    pub(crate) fn merge(&mut self, changed: Vec<Operation>) {
        for operation in changed {
            let id = operation.id.clone();
            if self.operations.insert(id.clone(), Arc::new(operation)).is_none() {
                self.order.push(id);
            }
        }
    }
}
