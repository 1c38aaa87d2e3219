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

use std::collections::{HashMap, HashSet};
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
    /// What was recorded before this run by the code of a context that is not on record, by the context on record and the
    /// tag of the other.
    groups: HashMap<(Option<OperationId>, Arc<str>), Vec<OperationId>>,
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
    /// The tags of the contexts in it that are not on record, and that its code has come to.
    entered: HashSet<Arc<str>>,
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
    /// The outermost of the virtual contexts around it, if there are any.
    pub(crate) group: Option<OperationId>,
    pub(crate) kind: Kind,
    pub(crate) name: Name,
    /// The name that it had before; found on record, it is its name here too.
    pub(crate) was: Option<Name>,
    /// The data that it is known by among those of its name.
    pub(crate) key: Option<Key>,
    /// Which operation of this name it is, if that is known by other means than counting.
    pub(crate) occurrence: Option<u32>,
    /// Whether the operation must come where it is recorded: in its context on record, or if that is shared with other
    /// code, among those of its own. Not so for code that runs again over a finished context.
    pub(crate) ordered: bool,
    pub(crate) place: Place,
}

impl Act {
    /// The id of the act under this name, as the `occurrence`-th with its key.
    fn id(&self, name: &Name, occurrence: u32) -> OperationId {
        let id = OperationId::derive_keyed(self.scope.as_ref(), name, self.key.as_deref(), occurrence);
        match (&self.group, &self.scope) {
            (Some(group), Some(scope)) => id.grouped(group, scope),
            _ => id,
        }
    }

    /// The context whose order counts.
    fn order(&self) -> &Option<OperationId> {
        if self.group.is_some() { &self.scope } else { &self.parent }
    }
}

impl Scope {
    /// Those that this run has not performed, with their positions.
    fn open(&self) -> impl Iterator<Item = (usize, &OperationId)> {
        let rest = self.recorded.iter().enumerate().skip(self.next);
        rest.filter(|(_, id)| !self.early.contains(*id))
    }

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
            if let Some((_, inner)) = operation.id.groups() {
                let group = replay.groups.entry((operation.parent.clone(), inner.into())).or_default();
                group.push(operation.id.clone());
            }
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
        let Act { scope, parent, group, kind, name, was, key, occurrence, ordered, place } = &*act;
        let in_scope = self.scopes.entry(scope.clone()).or_default();
        let counted = in_scope.occurrences.entry((name.clone(), key.clone())).or_default();
        let id = act.id(name, occurrence.unwrap_or(*counted));
        *counted += 1;

        let in_order = self.scopes.entry(act.order().clone()).or_default();
        let position = in_order.next;
        let expected = if *ordered { in_order.recorded.get(position) } else { Some(&id) };
        if let Some(recorded) = expected.and_then(|expected| self.operations.get(expected))
            && (recorded.id != id || recorded.kind != *kind)
        {
            let performed = Side { kind: *kind, name: name.clone() };
            let recorded = Side::of_operation(recorded);
            let difference = Difference::Other { position, recorded, performed };
            return Err(Box::new(Mismatch { difference, was: was.clone(), place: Some(*place) }));
        }
        if self.operations.contains_key(&id) {
            in_order.pass(&id);
            if group.is_some() {
                self.scopes.entry(parent.clone()).or_default().pass(&id);
            }
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
        let id = act.id(name, occurrence);
        if !act.ordered {
            return self.operations.contains_key(&id);
        }
        let in_order = self.scopes.get(act.order());
        in_order.is_some_and(|scope| scope.recorded.get(scope.next) == Some(&id))
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

    /// Notes that the code has come to the virtual context `scope` in the context `parent`, with the outermost of the
    /// virtual ones around it.
    pub(crate) fn enter(&mut self, scope: &OperationId, parent: Option<&OperationId>, group: &OperationId) {
        let on_record = self.scopes.entry(parent.cloned()).or_default();
        on_record.entered.insert(group.tag().into());
        if let Some(recorded) = self.groups.remove(&(parent.cloned(), scope.tag().into())) {
            self.scopes.entry(Some(scope.clone())).or_default().recorded = recorded;
        }
    }

    /// Checks, when the code of a context is done, that it performed everything that was recorded there.
    pub(crate) fn close(&self, context: Option<&OperationId>, place: Option<Place>) -> Result<(), Box<Mismatch>> {
        let missed = self.scopes.get(&context.cloned()).and_then(|scope| scope.open().next());
        missed.map_or(Ok(()), |(position, id)| Err(self.missing(Some(position), id, place)))
    }

    /// The same when not all of the code is done: what virtual contexts have yet to perform that the code has come to, is
    /// not missed.
    pub(crate) fn close_begun(&self, context: Option<&OperationId>, place: Option<Place>) -> Result<(), Box<Mismatch>> {
        let Some(scope) = self.scopes.get(&context.cloned()) else { return Ok(()) };
        let may_come = |id: &OperationId| id.groups().is_some_and(|(outer, _)| scope.entered.contains(outer));
        let missed = scope.open().find(|(_, id)| !may_come(id));
        missed.map_or(Ok(()), |(position, id)| Err(self.missing(Some(position), id, place)))
    }

    /// Checks that no more than so many operations are recorded in a context.
    pub(crate) fn allow(
        &self,
        context: Option<&OperationId>,
        count: usize,
        place: Option<Place>,
    ) -> Result<(), Box<Mismatch>> {
        let missed = self.scopes.get(&context.cloned()).and_then(|scope| scope.recorded.get(count));
        missed.map_or(Ok(()), |id| Err(self.missing(Some(count), id, place)))
    }

    /// The same as [`Replay::close`] for code whose operations are recorded among those of other code in `parent`: its own,
    /// and those of the virtual contexts in it.
    pub(crate) fn close_virtual(
        &self,
        scope: &OperationId,
        parent: Option<&OperationId>,
        place: Option<Place>,
    ) -> Result<(), Box<Mismatch>> {
        let Some(on_record) = self.scopes.get(&parent.cloned()) else { return Ok(()) };
        let is_inside =
            |id: &OperationId| id.groups().is_some_and(|(outer, inner)| [outer, inner].contains(&scope.tag()));
        let missed = on_record.open().find(|(_, id)| is_inside(id));
        missed.map_or(Ok(()), |(_, id)| Err(self.missing(None, id, place)))
    }

    /// The code returned, or is about to, without this operation.
    fn missing(&self, position: Option<usize>, id: &OperationId, place: Option<Place>) -> Box<Mismatch> {
        let nameless = || Side { kind: Kind::Step, name: Name::checked("(no record)") };
        let recorded = self.operation(id).map_or_else(nameless, Side::of_operation);
        Box::new(Mismatch { difference: Difference::Missing { position, recorded }, was: None, place })
    }

    /// How many operations of a context were recorded before this run.
    pub(crate) fn recorded(&self, context: Option<&OperationId>) -> usize {
        self.scopes.get(&context.cloned()).map_or(0, |scope| scope.recorded.len())
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
