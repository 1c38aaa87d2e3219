//! What all threads of an engine share.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::{Notify, OwnedRwLockReadGuard, RwLock, Semaphore, oneshot, watch};

use super::black_box::BlackBox;
use super::error::EngineError;
use super::function::Registry;
use super::limits::Gates;
use super::mailbox::{Answer, Mailboxes, Message};
use super::metrics::Counters;
use super::parking::Parking;
use super::recovery::Probation;
use super::remote::{Remotes, Tokens};
use super::status::StatusSender;
use super::stopwatch::Stopwatch;
use super::timers::Timers;
use super::waiters::Waiters;
use super::worker::{Assignment, Workers};
use super::writer::Writer;
use crate::context::{Evidence, Rehearsal, StateMap, Watch};
use crate::model::{Clock, Entropy, ExecutionId};
use crate::observe::Observers;
use crate::service::{CallbackKey, Limits};
use crate::store::{Store, StoreError};
use crate::value::GivenSerdes;

/// How many executions that were woken by time or by a start of the engine may be on their way, from the store to the
/// point where their code waits for the outside world.
pub(super) const STARTING: usize = 1024;
/// How long to wait for threads that were told to end, and are held up by code that blocks them.
const GRACE: Duration = Duration::from_secs(1);
/// For how long the end of an engine waits for observers that have not heard everything.
const OBSERVERS_PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Shared {
    /// `None` after the engine has ended, so that a forgotten handle does not keep a file open. Locked by whoever uses it,
    /// on whatever thread, so that the end can wait for them.
    pub(super) store: Arc<RwLock<Option<Arc<dyn Store>>>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) key: Arc<CallbackKey>,
    pub(super) registry: Registry,
    pub(super) remotes: Remotes,
    pub(super) tokens: Tokens,
    pub(super) states: Arc<StateMap>,
    pub(super) serdes: GivenSerdes,
    pub(super) observers: Observers,
    pub(super) limits: Limits,
    pub(super) writer: Writer,
    pub(super) workers: Workers,
    pub(super) mailboxes: Mailboxes,
    pub(super) timers: Timers,
    pub(super) parking: Parking,
    pub(super) probation: Probation,
    /// Where the next process reads what this one did last; none if there is no file.
    pub(super) black_box: Option<BlackBox>,
    pub(super) waiters: Waiters,
    pub(super) metrics: Counters,
    /// The executions that have a run.
    pub(super) active: Count,
    pub(super) starting: Arc<Semaphore>,
    /// Executions whose write or load failed, and that are looked after again in a while.
    pub(super) put_off: Mutex<HashSet<ExecutionId>>,
    /// Whether all executions that were found when the engine started have been woken.
    pub(super) recovered: AtomicBool,
    /// Whatever goes on without being asked: executions that have a task, and what is done for them beside it.
    pub(super) busy: Count,
    /// What a test has put between executions and the world.
    pub(super) rehearsal: Option<Arc<dyn Rehearsal>>,
    /// How long the start of a step waits for the outcome to travel with.
    pub(super) linger: Duration,
    pub(super) gates: Gates,
    pub(super) status: StatusSender,
    /// Executions whose last write failed, and may be there all the same: of their end nobody has been told.
    pub(super) unsure: Mutex<BTreeSet<ExecutionId>>,
    /// Whether no execution is to be invoked any more.
    pub(super) draining: AtomicBool,
    pub(super) stop: watch::Sender<bool>,
    pub(super) threads: Mutex<Threads>,
}

/// See [`Shared::store`].
pub(super) type OpenStore = OwnedRwLockReadGuard<Option<Arc<dyn Store>>, dyn Store>;

impl Shared {
    /// Tells an execution something, and brings its task back if it has none.
    pub(super) fn deliver(&self, id: ExecutionId, message: Message) {
        if let Some(mailbox) = self.mailboxes.deliver(id, message) {
            self.workers.assign(Assignment { id, mailbox, driven: None, starting: None, busy: self.busy.begin() });
        }
    }

    /// The same as soon as not too many others are on their way: for those who wake thousands.
    pub(super) async fn deliver_in_turn(&self, id: ExecutionId, message: Message) {
        let starting = Arc::clone(&self.starting).acquire_owned().await.ok();
        if let Some(mailbox) = self.mailboxes.deliver(id, message) {
            self.workers.assign(Assignment { id, mailbox, driven: None, starting, busy: self.busy.begin() });
        }
    }

    /// Whether the execution is looked after again in a while, because the store failed.
    pub(super) fn is_put_off(&self, id: ExecutionId) -> bool {
        self.put_off.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Tells an execution something and waits for its answer.
    pub(super) async fn ask<T>(
        &self,
        id: ExecutionId,
        message: impl FnOnce(Answer<T>) -> Message,
    ) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        if *self.stop.borrow() {
            return Err(EngineError::ShutDown);
        }
        self.deliver(id, message(reply));
        answer.await.unwrap_or(Err(EngineError::ShutDown))
    }

    /// The store, while there is one; it stays open for as long as this is held.
    pub(super) fn store(&self) -> Result<OpenStore, EngineError> {
        // Only the end of the engine locks it to write.
        let store = Arc::clone(&self.store).try_read_owned().map_err(|_| EngineError::ShutDown)?;
        OwnedRwLockReadGuard::try_map(store, |store| store.as_deref()).map_err(|_| EngineError::ShutDown)
    }

    /// Reads from the store without holding up the caller's thread.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let store = self.store()?;
        match tokio::task::spawn_blocking(move || read(&*store)).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(EngineError::ShutDown),
        }
    }

    pub(super) fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Notes who runs alone, for the next process.
    pub(super) fn note_alone(&self, id: Option<ExecutionId>) {
        if let Some(black_box) = &self.black_box {
            black_box.note_alone(id);
        }
    }

    /// Notes what a worker polls, for the next process.
    pub(super) fn note_polled(&self, worker: usize, id: Option<ExecutionId>) {
        if let Some(black_box) = &self.black_box {
            black_box.note_polled(worker, id);
        }
    }

    /// What attempts have on threads of their own is noted too, while anybody is suspected.
    pub(super) fn watch(self: &Arc<Self>) -> Watch {
        Watch::with(Arc::new(Detachments(Arc::downgrade(self))))
    }

    /// Lets nothing begin any more.
    pub(super) fn drain(&self) {
        self.gates.close();
        // Whoever gets a task from now on sees this; whoever has one is told.
        self.draining.store(true, Ordering::Release);
        self.mailboxes.drain();
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Returns when nothing goes on until the clock moves or somebody asks for something.
    #[cfg(feature = "testing")]
    pub(super) async fn settled(&self) {
        loop {
            self.busy.none().await;
            let Some(begun) = self.busy.begun_if_none() else { continue };
            self.timers.given_out(self.clock.now()).await;
            if self.busy.begun_if_none() == Some(begun) {
                return;
            }
        }
    }

    /// Tells all threads to end, waits for that, and closes the store; the writer comes last, as the others write.
    ///
    /// A thread that does not come back from a step's code is left alone: it finds nothing to write to when it does.
    pub(super) fn stop_and_join(&self) {
        self.gates.close();
        self.stop.send_replace(true);
        let Threads { workers, writer } =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let told = Stopwatch::start();
        workers.into_iter().for_each(|thread| join_within(thread, told));
        self.status.close();
        self.observers.close(OBSERVERS_PATIENCE);
        self.writer.stop();
        writer.into_iter().for_each(join);
        // Who uses it keeps it open; nobody can begin to any more.
        let store = self.store.blocking_write().take();
        if let Some(store) = store
            && let Err(error) = store.commit(&self.probation.pardons()).and_then(|_| store.close())
        {
            tracing::warn!(%error, "the store could not be closed properly");
        }
    }
}

/// Notes in the black box what attempts have on threads of their own. Such a thread can outlive the engine.
#[derive(Debug)]
struct Detachments(Weak<Shared>);

impl Detachments {
    /// The black box, for as long as it is this engine's.
    fn black_box<T>(&self, note: impl FnOnce(&BlackBox) -> T, is_wanted: impl FnOnce(&Shared) -> bool) -> Option<T> {
        let shared = self.0.upgrade().filter(|shared| !*shared.stop.borrow() && is_wanted(shared))?;
        shared.black_box.as_ref().map(note)
    }
}

impl Evidence for Detachments {
    fn begins(&self, execution: ExecutionId) -> Option<usize> {
        self.black_box(|black_box| black_box.note_detached(execution), |shared| shared.probation.is_on())
    }

    fn ended(&self, number: usize) {
        self.black_box(|black_box| black_box.clear_detached(number), |_| true);
    }
}

/// How many of something there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Count(Arc<Counter>);

#[derive(Debug, Default)]
struct Counter {
    count: AtomicUsize,
    begun: AtomicUsize,
    none: Notify,
}

impl Count {
    /// One more, until what is returned is dropped.
    pub(super) fn begin(&self) -> Counted {
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        self.0.count.fetch_add(1, Ordering::AcqRel);
        Counted(self.clone())
    }

    pub(super) fn is_one(&self) -> bool {
        self.0.count.load(Ordering::Relaxed) == 1
    }

    /// How many there have been so far, if there is none now.
    #[cfg(feature = "testing")]
    pub(super) fn begun_if_none(&self) -> Option<usize> {
        let begun = self.0.begun.load(Ordering::Acquire);
        (self.0.count.load(Ordering::Acquire) == 0).then_some(begun)
    }

    /// Returns when there is none.
    pub(super) async fn none(&self) {
        loop {
            let none = self.0.none.notified();
            if self.0.count.load(Ordering::Acquire) == 0 {
                return;
            }
            none.await;
        }
    }
}

/// One of what is counted, for as long as it lives.
#[derive(Debug)]
pub(super) struct Counted(Count);

impl Drop for Counted {
    fn drop(&mut self) {
        let Count(counter) = &self.0;
        if counter.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            counter.none.notify_waiters();
        }
    }
}

/// The threads of an engine.
#[derive(Default)]
pub(super) struct Threads {
    pub(super) workers: Vec<JoinHandle<()>>,
    pub(super) writer: Option<JoinHandle<()>>,
}

/// Waits for a thread that was told to end, for some time, and leaves it alone then.
fn join_within(thread: JoinHandle<()>, told: Stopwatch) {
    while !thread.is_finished() {
        if told.elapsed() >= GRACE {
            tracing::warn!(
                "a step blocks its thread and outlives its engine; the end of the process ends it, and the next \
                 engine runs it again"
            );
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    join(thread);
}

fn join(thread: JoinHandle<()>) {
    // A thread only panics if the engine has a bug; the others must still be waited for.
    let _ = thread.join();
}

/// Stops the engine with the last handle to it.
pub(super) struct Handle {
    pub(super) shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.shared.store().is_err() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        // Nobody waits for it here, and the caller's thread must not.
        let closing = Builder::new().name("durable-close".to_owned()).spawn(move || shared.stop_and_join());
        if closing.is_err() {
            self.shared.stop.send_replace(true);
        }
    }
}
