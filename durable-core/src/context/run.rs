//! One run of a durable function: its replay machine, and who waits for what.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::Facts;
use super::gate::{Entering, Lane, Pass};
use super::{Rehearsal, StateMap, Watch};
use crate::model::{
    Action, Clock, Detail, Entropy, ErrorObject, ExecutionId, Name, Operation, OperationId, OperationUpdate, Start,
    State, Timestamp,
};
use crate::observe::Observers;
use crate::replay::{Difference, Mismatch, Replay};
use crate::service::Limits;
use crate::value::{CodecError, GivenSerdes};

/// What a run knows of the world around it.
#[derive(Clone)]
pub(crate) struct Environment {
    pub(crate) execution: ExecutionId,
    pub(crate) function: Name,
    pub(crate) name: Name,
    pub(crate) tenant: Option<String>,
    pub(crate) execution_started: Timestamp,
    pub(crate) observers: Observers,
    pub(crate) limits: Limits,
    /// Whether the service ends what is invoked when the time is over that its invoker gave it.
    pub(crate) times_invokes: bool,
    pub(crate) serdes: GivenSerdes,
    pub(crate) states: Arc<StateMap>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Lets bodies of operations run.
    pub(crate) bodies: Lane,
    /// Where others see what this thread does.
    pub(crate) watch: Arc<Watch>,
    /// What a test has put between the code and the world.
    pub(crate) rehearsal: Option<Arc<dyn Rehearsal>>,
}

/// Why a run can't go on. It wins over everything that the user's code does.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The code performs something else than what was recorded.
    Mismatch(Box<Mismatch>),
    /// A recorded value does not fit the code's type any more.
    Unreadable { what: String, source: CodecError },
    /// The code waits for something that is not a durable operation.
    ForeignAwait,
    /// The code panicked outside a step.
    Panicked(String),
    /// The execution fails with this error, because the code has no way to say it.
    Fail(ErrorObject),
}

/// The state that all contexts of one run share.
pub(crate) struct Run {
    pub(crate) environment: Environment,
    pub(crate) replay: RefCell<Replay>,
    pub(super) facts: RefCell<Facts>,
    halt: RefCell<Option<Halt>>,
    /// Bodies of operations that run or are about to.
    busy: Cell<usize>,
    /// Those of them that wait until others have ended.
    queued: Cell<usize>,
    /// Those of them that never end, because a test lets none run.
    held: Cell<usize>,
    /// Operations that go on as soon as their update is recorded.
    unacknowledged: Cell<usize>,
    /// Operations that go on when the service says so: a timer, a callback, a retry.
    parked: Cell<usize>,
    /// Whether an update was pushed that must not wait for the next one.
    urgent: Cell<bool>,
    /// By the position that they wait for, the first one first.
    acknowledgement_wakers: RefCell<Vec<(u64, Waker)>>,
    /// Several branches may wait for one operation.
    operation_wakers: RefCell<BTreeMap<OperationId, Vec<Waker>>>,
    /// The serdes that are at work.
    serialising: Cell<usize>,
    /// Code that runs again over contexts that have ended.
    rerunning: Cell<usize>,
    /// What such code waits for in vain.
    unending: RefCell<BTreeMap<u64, Mismatch>>,
}

impl Run {
    pub(crate) fn new(environment: Environment, operations: Vec<Operation>) -> Self {
        Self {
            environment,
            replay: RefCell::new(Replay::new(operations)),
            facts: RefCell::default(),
            halt: RefCell::new(None),
            busy: Cell::new(0),
            queued: Cell::new(0),
            held: Cell::new(0),
            unacknowledged: Cell::new(0),
            parked: Cell::new(0),
            urgent: Cell::new(false),
            acknowledgement_wakers: RefCell::default(),
            operation_wakers: RefCell::default(),
            serialising: Cell::new(0),
            rerunning: Cell::new(0),
            unending: RefCell::default(),
        }
    }

    /// Queues an update. The start of a step or a context travels with whatever comes next; anything else is sent as
    /// soon as the code has come to a stop.
    pub(crate) fn push(&self, update: OperationUpdate) -> u64 {
        if !matches!(update.action, Action::Start(Start::Plain)) {
            self.urgent.set(true);
        }
        self.replay.borrow_mut().push(update)
    }

    /// Sends what is queued as soon as the code has come to a stop.
    pub(crate) fn hurry(&self) {
        self.urgent.set(true);
    }

    /// Promises an update that takes some time to make; later updates wait for it.
    pub(crate) fn promise(&self) -> Promise<'_> {
        Promise { run: self, position: self.replay.borrow_mut().reserve() }
    }

    pub(crate) fn halt(&self, halt: Halt) {
        self.halt.borrow_mut().get_or_insert(halt);
    }

    pub(crate) fn take_halt(&self) -> Option<Halt> {
        self.halt.borrow_mut().take()
    }

    /// Whether updates wait that should not wait longer.
    pub(crate) fn is_urgent(&self) -> bool {
        self.urgent.get() && self.replay.borrow().has_updates()
    }

    /// Whether no user code runs and none will run when the queued updates are recorded.
    pub(crate) fn is_idle(&self) -> bool {
        self.busy.get() == 0 && self.unacknowledged.get() == 0
    }

    /// Whether all that runs is bodies that a test does not let run.
    #[cfg(feature = "testing")]
    pub(crate) fn is_held(&self) -> bool {
        self.held.get() > 0 && self.busy.get() == self.held.get()
    }

    /// Whether no body of an operation runs.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.busy.get() == self.queued.get()
    }

    /// Whether something that the service decides will wake the run.
    pub(crate) fn is_parked(&self) -> bool {
        self.parked.get() > 0
    }

    /// The updates to record next.
    pub(crate) fn take_updates(&self) -> Vec<OperationUpdate> {
        self.urgent.set(false);
        self.replay.borrow_mut().take()
    }

    /// Takes in that the updates last taken are recorded, with all operations that changed.
    pub(crate) fn acknowledge(&self, changed: Vec<Operation>) {
        self.merge(changed);
        self.replay.borrow_mut().acknowledge();
        // Keeps the wakers of what is not recorded yet; everything else may go on.
        let replay = self.replay.borrow();
        let mut wakers = self.acknowledgement_wakers.borrow_mut();
        let recorded = wakers.partition_point(|(position, _)| replay.is_acknowledged(*position));
        wakers.drain(..recorded).for_each(|(_, waker)| waker.wake());
    }

    /// Takes in operations that changed without this run's doing.
    pub(crate) fn merge(&self, changed: Vec<Operation>) {
        let mut wakers = self.operation_wakers.borrow_mut();
        for operation in &changed {
            wakers.remove(&operation.id).into_iter().flatten().for_each(Waker::wake);
        }
        drop(wakers);
        // A service elsewhere may say a thing twice.
        let is_news = |operation: &&Operation| self.replay.borrow().operation(&operation.id) != Some(*operation);
        let told: Vec<_> =
            if self.is_observed() { changed.iter().filter(is_news).cloned().collect() } else { Vec::new() };
        self.replay.borrow_mut().merge(changed);
        self.operations_changed(&told);
    }

    /// Runs a serdes, which may wait for the outside world.
    pub(crate) async fn busy<T>(&self, code: impl Future<Output = T>) -> T {
        let (_busy, _serialising) = (Counted::new(&self.busy), Counted::new(&self.serialising));
        code.await
    }

    /// Runs code again over a context that has ended. It needs nothing but what is recorded, so it ends at once.
    pub(crate) async fn rerun<T>(&self, code: impl Future<Output = T>) -> T {
        let _counted = Counted::new(&self.rerunning);
        code.await
    }

    /// Waits for something that never comes.
    pub(super) async fn never<T>(&self, mismatch: Mismatch) -> T {
        let _unending = Unending::new(&self.unending, mismatch);
        std::future::pending().await
    }

    /// Notices that code which runs again over what has ended does not end: called when the code has come to a stop.
    pub(crate) fn find_unending(&self) -> Option<Halt> {
        if self.rerunning.get() == 0 || self.serialising.get() > 0 {
            return None;
        }
        let unending = self.unending.borrow();
        // What lost a race may have been on record before it ended. What is not on record at all says more.
        let is_new =
            |mismatch: &&Mismatch| matches!(mismatch.difference, Difference::Unending { is_recorded: false, .. });
        let found = unending.values().find(is_new).or_else(|| unending.values().next());
        Some(found.map_or(Halt::ForeignAwait, |mismatch| Halt::Mismatch(Box::new(mismatch.clone()))))
    }

    /// Runs the body of an operation, as soon as there is room for it.
    pub(crate) async fn body<T>(&self, body: impl Future<Output = T>) -> T {
        let _room = self.room().await;
        body.await
    }

    /// Room for the body of an operation, as soon as there is any; never, if none is to begin any more.
    pub(crate) async fn room(&self) -> Room<'_> {
        let counted = Counted::new(&self.busy);
        if !self.runs_bodies() {
            let _held = Counted::new(&self.held);
            return std::future::pending().await;
        }
        let pass = match self.environment.bodies.enter() {
            Entering::Inside(pass) => pass,
            waiting => {
                let _queued = Counted::new(&self.queued);
                waiting.inside().await
            }
        };
        Room { _counted: counted, _pass: pass }
    }

    /// Whether any body of an operation runs: a test may let none.
    pub(crate) fn runs_bodies(&self) -> bool {
        self.environment.rehearsal.as_ref().is_none_or(|rehearsal| rehearsal.runs_bodies())
    }

    /// Returns when everything up to this position is recorded.
    pub(crate) async fn acknowledged(&self, position: u64) {
        let _counted = Counted::new(&self.unacknowledged);
        poll_fn(|cx| {
            if self.replay.borrow().is_acknowledged(position) {
                return Poll::Ready(());
            }
            let mut wakers = self.acknowledgement_wakers.borrow_mut();
            match wakers.binary_search_by_key(&position, |(position, _)| *position) {
                Ok(known) => wakers.get_mut(known).into_iter().for_each(|(_, waker)| waker.clone_from(cx.waker())),
                Err(next) => wakers.insert(next, (position, cx.waker().clone())),
            }
            Poll::Pending
        })
        .await;
    }

    /// When the first timer or retry is due that code waits for.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let (wakers, replay) = (self.operation_wakers.borrow(), self.replay.borrow());
        let due = wakers.keys().filter_map(|id| match replay.operation(id)? {
            Operation { state: State::Pending { until }, .. } => Some(*until),
            Operation { state: State::Started, detail: Detail::Wait { until }, .. } => Some(*until),
            _ => None,
        });
        due.min()
    }

    /// Returns when everything up to `position` is recorded and the operation satisfies `settled`.
    pub(crate) async fn settled(&self, id: &OperationId, position: u64, settled: impl Fn(&Operation) -> bool) {
        let _counted = Counted::new(&self.parked);
        poll_fn(|cx| {
            let replay = self.replay.borrow();
            if replay.is_acknowledged(position) && replay.operation(id).is_some_and(&settled) {
                return Poll::Ready(());
            }
            let mut wakers = self.operation_wakers.borrow_mut();
            let wakers = wakers.entry(id.clone()).or_default();
            if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                wakers.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

/// A promised update; dropped without one it holds nothing up any more.
pub(crate) struct Promise<'a> {
    run: &'a Run,
    position: u64,
}

impl Promise<'_> {
    /// Keeps the promise; returns the update's position.
    pub(crate) fn keep(self, update: OperationUpdate) -> u64 {
        self.run.urgent.set(true);
        self.run.replay.borrow_mut().fill(self.position, update);
        self.position
    }
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        self.run.replay.borrow_mut().forget(self.position);
        // What it held up need not wait longer.
        self.run.urgent.set(true);
    }
}

/// Something that never comes, for as long as someone waits for it.
struct Unending<'a> {
    all: &'a RefCell<BTreeMap<u64, Mismatch>>,
    number: u64,
}

impl<'a> Unending<'a> {
    fn new(all: &'a RefCell<BTreeMap<u64, Mismatch>>, mismatch: Mismatch) -> Self {
        let number = all.borrow().last_key_value().map_or(0, |(last, _)| last + 1);
        all.borrow_mut().insert(number, mismatch);
        Self { all, number }
    }
}

impl Drop for Unending<'_> {
    fn drop(&mut self) {
        self.all.borrow_mut().remove(&self.number);
    }
}

/// Room for a body, until it is dropped.
pub(crate) struct Room<'a> {
    _counted: Counted<'a>,
    _pass: Pass,
}

/// Counts for as long as it lives, also when its future is dropped.
struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
    fn new(counter: &'a Cell<usize>) -> Self {
        counter.set(counter.get() + 1);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
