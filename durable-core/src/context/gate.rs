//! How many of something run at once: in all, and of each function.

use std::collections::VecDeque;
use std::fmt;
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
    queue: VecDeque<Waiter>,
}

/// Takes the pass of one who waits; gives it back if nobody waits for it any more.
struct Waiter(Box<dyn FnOnce(Pass) -> Result<(), Pass> + Send>);

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiter")
    }
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
    /// `None` once the place was given back.
    lane: Option<Lane>,
}

impl Pass {
    fn into_inside(lane: Lane) -> Self {
        Self { lane: Some(lane) }
    }
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

    /// Takes back a place in a lane, and gives it to whoever waits.
    fn leave(self: &Arc<Self>, number: usize) {
        self.table().change(number, |free| free + 1);
        loop {
            let next = self.table().next();
            let Some((number, Waiter(give))) = next else { return };
            // A loop and not the drop of another pass: thousands may have stopped waiting.
            if let Err(mut unwanted) = give(Pass::into_inside(self.lane(number))) {
                unwanted.lane = None;
                self.table().change(number, |free| free + 1);
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    /// Comes in at once, if that is possible.
    pub(crate) fn try_enter(&self) -> Option<Pass> {
        self.gate.table().take(self.number).then(|| Pass::into_inside(self.clone()))
    }

    /// Waits until it may come in; for ever, if the gate is closed.
    pub(crate) fn enter(&self) -> Entering {
        let (sender, receiver) = oneshot::channel();
        match self.enter_or(|pass| sender.send(pass)) {
            Some(pass) => Entering::Inside(pass),
            None => Entering::Waiting(receiver),
        }
    }

    /// Comes in at once, or has a pass given to `later` as soon as there is one; never, if the gate is closed.
    pub(crate) fn enter_or(&self, later: impl FnOnce(Pass) -> Result<(), Pass> + Send + 'static) -> Option<Pass> {
        let mut table = self.gate.table();
        if table.take(self.number) {
            return Some(Pass::into_inside(self.clone()));
        }
        if let Some(lane) = table.lanes.get_mut(self.number) {
            lane.queue.push_back(Waiter(Box::new(later)));
        }
        None
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
    fn next(&mut self) -> Option<(usize, Waiter)> {
        let count = self.lanes.len();
        let lane = (0..count)
            .map(|offset| (self.turn + offset) % count)
            .find(|lane| self.has_room(*lane) && self.lanes.get(*lane).is_some_and(|lane| !lane.queue.is_empty()))?;
        let waiter = self.lanes.get_mut(lane)?.queue.pop_front()?;
        self.turn = lane + 1;
        self.change(lane, |free| free - 1);
        Some((lane, waiter))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(Lane { gate, number }) = self.lane.take() {
            gate.leave(number);
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

    #[test]
    fn a_hundred_thousand_who_gave_up_are_passed_over() {
        let gate = Gate::new(Some(1), [None]);
        let inside = gate.lane(0).try_enter().unwrap();
        let gone: Vec<_> = (0..100_000).map(|_| gate.lane(0).enter()).collect();
        let mut last = Box::pin(gate.lane(0).enter().inside());
        drop(gone);
        // On a thread with little room for recursion.
        let small = std::thread::Builder::new().stack_size(128 * 1024);
        small.spawn(move || drop(inside)).unwrap().join().unwrap();
        assert!((&mut last).now_or_never().is_some());
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
                    *counts.entry(pass.lane.as_ref().unwrap().number).or_default() += 1;
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
