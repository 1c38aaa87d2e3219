//! When something happens to which execution: one ordered set, of the next few; the store has all.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::model::{Clock, ExecutionId, Timestamp};
use crate::store::{Due, StoreError};

/// How many times are read from the store at once, and kept.
const WINDOW: usize = 16_384;
/// How long to leave the store alone after it could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// The next due times of executions. Those up to the horizon are in memory; what lies beyond is read when its turn
/// comes, so that a million sleeping executions cost a million rows and no memory.
#[derive(Debug)]
pub(super) struct Timers {
    table: Mutex<Table>,
    sooner: Notify,
    /// Nothing was found to be due.
    looked: Notify,
}

#[derive(Debug)]
struct Table {
    order: BTreeSet<Due>,
    due: HashMap<ExecutionId, Timestamp>,
    /// Up to where all times are in memory; `None` if that is everywhere.
    horizon: Option<Due>,
    /// Whether the store is being read from the horizon on: then nobody knows what it will have seen.
    filling: bool,
    /// Whether nothing was due when that was looked at last. What was due and is given out may not have arrived yet.
    idle: bool,
}

/// Reads the due times after one from the store, at most so many.
pub(super) trait ReadDue: Fn(Due, u32) -> Result<Vec<Due>, StoreError> {}

impl<F: Fn(Due, u32) -> Result<Vec<Due>, StoreError>> ReadDue for F {}

impl Timers {
    /// Nothing is in memory yet.
    pub(super) fn new() -> Self {
        let before_all = (Timestamp::from_millis(i64::MIN), ExecutionId::from_bytes([0; 16]));
        let table = Table {
            order: BTreeSet::new(),
            due: HashMap::new(),
            horizon: Some(before_all),
            filling: false,
            idle: false,
        };
        Self { table: Mutex::new(table), sooner: Notify::new(), looked: Notify::new() }
    }

    /// Sets when the execution is due next, once the store has it.
    pub(super) fn set(&self, id: ExecutionId, due: Option<Timestamp>) {
        let mut table = self.table();
        let first = table.order.first().copied();
        table.forget(id);
        let Some(due) = due else { return };
        if table.is_beyond((due, id)) {
            return;
        }
        table.insert((due, id));
        table.trim();
        if first.is_none_or(|(first, _)| due < first) {
            self.sooner.notify_one();
        }
    }

    /// Returns the executions that are due, as soon as there are any, and forgets their times.
    pub(super) async fn due(&self, clock: &dyn Clock, read: impl ReadDue) -> Vec<ExecutionId> {
        loop {
            let filled = self.fill(&read);
            let (due, next) = self.take_due(clock.now());
            if !due.is_empty() {
                return due;
            }
            let sooner = self.sooner.notified();
            let again = async {
                match filled {
                    Ok(()) => std::future::pending().await,
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            };
            let next = async {
                match next {
                    Some(next) => clock.sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! { () = next => {} () = sooner => {} () = again => {} }
        }
    }

    /// Reads on from the horizon if little is left before it.
    fn fill(&self, read: &impl ReadDue) -> Result<(), StoreError> {
        let horizon = {
            let mut table = self.table();
            match table.horizon {
                Some(horizon) if table.order.len() < WINDOW / 2 => {
                    table.filling = true;
                    horizon
                }
                _ => return Ok(()),
            }
        };
        let limit = u32::try_from(WINDOW).unwrap_or(u32::MAX);
        let found = read(horizon, limit);
        let mut table = self.table();
        table.filling = false;
        let found = found.inspect_err(|error| tracing::warn!(%error, "due times could not be read"))?;
        table.horizon = if found.len() < WINDOW { None } else { found.last().copied() };
        for (due, id) in found {
            // What was set while the store was read is newer than what it had.
            if !table.due.contains_key(&id) {
                table.insert((due, id));
            }
        }
        table.trim();
        Ok(())
    }

    fn take_due(&self, now: Timestamp) -> (Vec<ExecutionId>, Option<Timestamp>) {
        let mut table = self.table();
        let mut taken = Vec::new();
        while let Some((_, id)) = table.order.first().copied().filter(|(due, _)| *due <= now) {
            table.forget(id);
            taken.push(id);
        }
        table.idle = taken.is_empty();
        self.looked.notify_waiters();
        (taken, table.order.first().map(|(due, _)| *due))
    }

    /// Returns when everything that is due by now has been given out.
    #[cfg(feature = "testing")]
    pub(super) async fn given_out(&self, now: Timestamp) {
        loop {
            let looked = self.looked.notified();
            if self.table().has_given_out(now) {
                return;
            }
            looked.await;
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    #[cfg(feature = "testing")]
    fn has_given_out(&self, now: Timestamp) -> bool {
        self.idle && self.order.first().is_none_or(|(due, _)| *due > now)
    }

    fn is_beyond(&self, due: Due) -> bool {
        !self.filling && self.horizon.is_some_and(|horizon| due > horizon)
    }

    fn insert(&mut self, (due, id): Due) {
        self.due.insert(id, due);
        self.order.insert((due, id));
    }

    fn forget(&mut self, id: ExecutionId) {
        if let Some(before) = self.due.remove(&id) {
            self.order.remove(&(before, id));
        }
    }

    /// Leaves the latest times to the store if there are too many.
    fn trim(&mut self) {
        if self.filling || self.order.len() <= 2 * WINDOW {
            return;
        }
        while self.order.len() > WINDOW
            && let Some((_, id)) = self.order.pop_last()
        {
            self.due.remove(&id);
        }
        self.horizon = self.order.last().copied();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicI64, Ordering};

    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn id(number: u32) -> ExecutionId {
        let mut bytes = [0; 16];
        bytes[12..].copy_from_slice(&number.to_be_bytes());
        ExecutionId::from_bytes(bytes)
    }

    #[derive(Debug, Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }

        fn sleep_until(&self, _: Timestamp) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::pending())
        }
    }

    /// Everything that is due, with a store of these times.
    fn drain(timers: &Timers, store: &RefCell<BTreeMap<ExecutionId, Timestamp>>, now: i64) -> Vec<ExecutionId> {
        let clock = Hand(AtomicI64::new(now));
        let mut taken = Vec::new();
        let read = |after: Due, limit: u32| {
            let all: BTreeSet<Due> = store.borrow().iter().map(|(id, due)| (*due, *id)).collect();
            Ok(all.into_iter().filter(|due| *due > after).take(limit as usize).collect())
        };
        while let Some(due) = timers.due(&clock, read).now_or_never() {
            for id in &due {
                store.borrow_mut().remove(id);
            }
            taken.extend(due);
        }
        taken
    }

    #[test]
    fn a_million_times_fit_through_the_window_in_their_order() {
        let count = u32::try_from(WINDOW).unwrap() * 5;
        let store = RefCell::new(BTreeMap::new());
        let timers = Timers::new();
        // Some were there before, some are set from now on, in an order of their own.
        for number in (0..count).map(|number| number * 7919 % count) {
            let due = Timestamp::from_millis(i64::from(number));
            store.borrow_mut().insert(id(number), due);
            if number % 3 == 0 {
                timers.set(id(number), Some(due));
            }
        }
        assert!(timers.table().order.len() <= 2 * WINDOW);
        assert_eq!(drain(&timers, &store, -1), []);
        for number in (0..count).filter(|number| number % 3 == 1) {
            timers.set(id(number), Some(Timestamp::from_millis(i64::from(number))));
        }
        assert!(timers.table().order.len() <= 2 * WINDOW);
        let expected: Vec<_> = (0..count).map(id).collect();
        assert_eq!(drain(&timers, &store, i64::from(count)), expected);
    }

    proptest! {
        #[test]
        fn nothing_is_forgotten(changes in proptest::collection::vec((0_u32..50, proptest::option::of(0_i64..1000), any::<bool>()), 0..200)) {
            let (timers, store) = (Timers::new(), RefCell::new(BTreeMap::new()));
            let mut now = 0;
            for (number, due, drained) in changes {
                let due = due.map(|due| Timestamp::from_millis(now + due));
                match due {
                    Some(due) => store.borrow_mut().insert(id(number), due),
                    None => store.borrow_mut().remove(&id(number)),
                };
                timers.set(id(number), due);
                if drained {
                    now += 100;
                    let model = store.borrow().clone();
                    let expected: BTreeSet<_> =
                        model.into_iter().filter(|(_, due)| due.as_millis() <= now).map(|(id, _)| id).collect();
                    let taken: BTreeSet<_> = drain(&timers, &store, now).into_iter().collect();
                    prop_assert_eq!(taken, expected);
                }
            }
        }
    }
}
