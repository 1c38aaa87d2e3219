//! The stream of updates: what was pushed, in its order, until it is on record.

use std::collections::VecDeque;

use crate::model::OperationUpdate;

/// Updates by their position in the stream. One that is promised holds up the rest, so that operations begin on record in
/// the order in which the code performed them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// What was not taken yet.
    waiting: VecDeque<Place>,
    /// The last position that was given out, the last that was taken, and the last that is on record.
    pushed: u64,
    in_flight: u64,
    acknowledged: u64,
}

/// A position in the stream.
#[derive(Debug)]
enum Place {
    Promised,
    /// Nothing comes here: the promise was not kept.
    Empty,
    Update(OperationUpdate),
}

impl Queue {
    /// Gives out a position, for an update that takes some time to make.
    pub(super) fn reserve(&mut self) -> u64 {
        self.pushed += 1;
        self.waiting.push_back(Place::Promised);
        self.pushed
    }

    /// Puts an update where it was promised.
    pub(super) fn fill(&mut self, position: u64, update: OperationUpdate) {
        if let Some(place) = self.place(position) {
            *place = Place::Update(update);
        }
    }

    /// Takes a promise back that was not kept.
    pub(super) fn forget(&mut self, position: u64) {
        if let Some(place @ Place::Promised) = self.place(position) {
            *place = Place::Empty;
        }
    }

    fn place(&mut self, position: u64) -> Option<&mut Place> {
        let first = self.pushed + 1 - self.waiting.len() as u64;
        self.waiting.get_mut(usize::try_from(position.checked_sub(first)?).ok()?)
    }

    /// Whether an update can be taken.
    pub(super) fn has_updates(&self) -> bool {
        let first = self.waiting.iter().find(|place| !matches!(place, Place::Empty));
        matches!(first, Some(Place::Update(_)))
    }

    /// The updates before the first promise, in their order.
    pub(super) fn take(&mut self) -> Vec<OperationUpdate> {
        let mut taken = Vec::new();
        while !matches!(self.waiting.front(), None | Some(Place::Promised))
            && let Some(place) = self.waiting.pop_front()
        {
            self.in_flight = self.pushed - self.waiting.len() as u64;
            if let Place::Update(update) = place {
                taken.push(update);
            }
        }
        taken
    }

    /// What was taken last is on record.
    pub(super) fn acknowledge(&mut self) {
        self.acknowledged = self.in_flight;
    }

    /// Whether everything up to this position is on record.
    pub(super) fn is_acknowledged(&self, position: u64) -> bool {
        self.acknowledged >= position
    }
}
