//! How many of something run at once: in all, and of each function.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Lets so many in at once. Those who wait are let in function by function in turn, so that one with a thousand waiting
/// does not keep the others out.
#[derive(Debug)]
pub(crate) struct Gate {
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    /// How many more may come in; `None` if that is not limited.
    free: Option<usize>,
    lanes: Vec<Waiting>,
    /// The lane whose turn it is.
    turn: usize,
    closed: bool,
}

/// Who waits in a lane.
#[derive(Debug)]
struct Waiting {
    free: Option<usize>,
    queue: VecDeque<oneshot::Sender<Pass>>,
}

/// A function's way through a gate.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    gate: Arc<Gate>,
    number: usize,
}

/// The right to be inside, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    lane: Lane,
}

impl Gate {
    /// A gate for so many, with a limit of its own for each lane.
    pub(crate) fn new(limit: Option<usize>, lanes: impl IntoIterator<Item = Option<usize>>) -> Arc<Self> {
        let lanes = lanes.into_iter().map(|free| Waiting { free, queue: VecDeque::new() }).collect();
        Arc::new(Self { table: Mutex::new(Table { free: limit, lanes, turn: 0, closed: false }) })
    }

    pub(crate) fn lane(self: &Arc<Self>, number: usize) -> Lane {
        Lane { gate: Arc::clone(self), number }
    }

    /// Lets nobody in any more; who is inside stays.
    pub(crate) fn close(&self) {
        self.table().closed = true;
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    /// Comes in at once, if that is possible.
    pub(crate) fn try_enter(&self) -> Option<Pass> {
        self.gate.table().take(self.number).then(|| Pass { lane: self.clone() })
    }

    /// Waits until it may come in; for ever, if the gate is closed.
    pub(crate) fn enter(&self) -> Entering {
        let mut table = self.gate.table();
        if table.take(self.number) {
            return Entering::Inside(Pass { lane: self.clone() });
        }
        let (sender, receiver) = oneshot::channel();
        if let Some(lane) = table.lanes.get_mut(self.number) {
            lane.queue.push_back(sender);
        }
        Entering::Waiting(receiver)
    }
}

/// On the way through a gate.
pub(crate) enum Entering {
    Inside(Pass),
    Waiting(oneshot::Receiver<Pass>),
}

impl Entering {
    pub(crate) async fn inside(self) -> Pass {
        match self {
            Self::Inside(pass) => pass,
            Self::Waiting(receiver) => match receiver.await {
                Ok(pass) => pass,
                // The gate is gone, and with it the engine.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl Table {
    fn has_room(&self, lane: usize) -> bool {
        let full = |free: Option<usize>| free == Some(0);
        !self.closed && !full(self.free) && self.lanes.get(lane).is_some_and(|lane| !full(lane.free))
    }

    /// Takes a place, if there is one. Whoever waits in the same lane was told when there was none, so nobody is
    /// overtaken.
    fn take(&mut self, lane: usize) -> bool {
        if !self.has_room(lane) {
            return false;
        }
        self.change(lane, |free| free - 1);
        true
    }

    fn change(&mut self, lane: usize, change: impl Fn(usize) -> usize) {
        self.free = self.free.map(&change);
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.free = lane.free.map(change);
        }
    }

    /// The next who waits and may come in, with a place taken for it.
    fn next(&mut self) -> Option<(usize, oneshot::Sender<Pass>)> {
        let count = self.lanes.len();
        let lane = (0..count)
            .map(|offset| (self.turn + offset) % count)
            .find(|lane| self.has_room(*lane) && self.lanes.get(*lane).is_some_and(|lane| !lane.queue.is_empty()))?;
        let sender = self.lanes.get_mut(lane)?.queue.pop_front()?;
        self.turn = lane + 1;
        self.change(lane, |free| free - 1);
        Some((lane, sender))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Lane { gate, number } = &self.lane;
        gate.table().change(*number, |free| free + 1);
        loop {
            let next = gate.table().next();
            let Some((number, sender)) = next else { return };
            // A place that nobody waits for any more is given back by dropping the pass, and goes to the next.
            let _ = sender.send(Pass { lane: gate.lane(number) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn functions_come_in_turn_whoever_came_first() {
        let gate = Gate::new(Some(1), [None, None]);
        let first = gate.lane(0).try_enter().unwrap();
        let mut hog: Vec<_> = (0..10).map(|_| Box::pin(gate.lane(0).enter().inside())).collect();
        let mut other = Box::pin(gate.lane(1).enter().inside());
        drop(first);
        let pass = hog.remove(0).now_or_never().expect("the first in the line");
        assert!((&mut other).now_or_never().is_none());
        drop(pass);
        assert!(other.now_or_never().is_some(), "the other function, before nine who came earlier");
    }

    #[test]
    fn nobody_comes_in_when_it_is_closed() {
        let gate = Gate::new(None, [None]);
        let inside = gate.lane(0).try_enter().unwrap();
        gate.close();
        assert!(gate.lane(0).try_enter().is_none());
        let mut waiting = Box::pin(gate.lane(0).enter().inside());
        drop(inside);
        assert!((&mut waiting).now_or_never().is_none());
    }

    #[derive(Debug, Clone)]
    enum Move {
        Enter(usize),
        Leave(usize),
        GiveUp(usize),
    }

    proptest! {
        #[test]
        fn limits_hold_and_no_place_is_lost(
            limit in proptest::option::of(1_usize..4),
            lanes in proptest::collection::vec(proptest::option::of(1_usize..3), 1..4),
            moves in proptest::collection::vec(prop_oneof![
                (0_usize..4).prop_map(Move::Enter), (0_usize..8).prop_map(Move::Leave), (0_usize..8).prop_map(Move::GiveUp),
            ], 0..60),
        ) {
            let gate = Gate::new(limit, lanes.clone());
            let (mut inside, mut waiting) = (Vec::<Pass>::new(), Vec::<(usize, BoxFuture<'_, Pass>)>::new());
            for step in moves {
                match step {
                    Move::Enter(lane) if lane < lanes.len() => waiting.push((lane, Box::pin(gate.lane(lane).enter().inside()))),
                    Move::Leave(n) if n < inside.len() => drop(inside.remove(n)),
                    Move::GiveUp(n) if n < waiting.len() => drop(waiting.remove(n)),
                    _ => {}
                }
                waiting.retain_mut(|(_, entering)| match entering.now_or_never() {
                    Some(pass) => { inside.push(pass); false }
                    None => true,
                });
                let mut counts = BTreeMap::<usize, usize>::new();
                for pass in &inside {
                    *counts.entry(pass.lane.number).or_default() += 1;
                }
                prop_assert!(limit.is_none_or(|limit| inside.len() <= limit));
                prop_assert!(counts.iter().all(|(lane, count)| lanes[*lane].is_none_or(|limit| *count <= limit)));
                // Whoever waits has a reason.
                for (lane, _) in &waiting {
                    let full = limit == Some(inside.len());
                    let lane_full = lanes[*lane].is_some_and(|limit| counts.get(lane) == Some(&limit));
                    prop_assert!(full || lane_full, "a place is free and nobody has it");
                }
            }
        }
    }
}
