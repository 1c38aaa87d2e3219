//! What all threads of an engine share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{Notify, broadcast, oneshot, watch};

use super::black_box::BlackBox;
use super::error::EngineError;
use super::function::Registry;
use super::limits::Gates;
use super::mailbox::{Answer, Mailboxes, Message};
use super::metrics::Counters;
use super::parking::Parking;
use super::recovery::Probation;
use super::remote::{Remotes, Tokens};
use super::status::StatusChange;
use super::timers::Timers;
use super::waiters::Waiters;
use super::worker::{Assignment, Workers};
use super::writer::Writer;
use crate::context::StateMap;
use crate::model::{Clock, Entropy, ExecutionId};
use crate::observe::Observers;
use crate::service::{CallbackKey, Limits};
use crate::store::{Store, StoreError};
use crate::value::GivenSerdes;

pub(super) struct Shared {
    /// `None` after the engine has ended, so that a forgotten handle does not keep a file open.
    pub(super) store: Mutex<Option<Arc<dyn Store>>>,
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
    pub(super) active: ActiveCount,
    pub(super) gates: Gates,
    pub(super) status: broadcast::Sender<StatusChange>,
    /// Whether no execution is to be invoked any more.
    pub(super) draining: watch::Sender<bool>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) threads: Mutex<Threads>,
}

impl Shared {
    /// Tells an execution something, and brings its task back if it has none.
    pub(super) fn deliver(&self, id: ExecutionId, message: Message) {
        if let Some(mailbox) = self.mailboxes.deliver(id, message) {
            self.workers.assign(Assignment { id, mailbox, driven: None });
        }
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

    /// The store, while there is one.
    pub(super) fn store(&self) -> Result<Arc<dyn Store>, EngineError> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(EngineError::ShutDown)
    }

    /// Reads from the store without holding up the caller's thread.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let store = self.store()?;
        match tokio::task::spawn_blocking(move || read(store.as_ref())).await {
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

    /// Lets nothing begin any more.
    pub(super) fn drain(&self) {
        self.gates.close();
        self.draining.send_replace(true);
    }

    pub(super) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Tells all threads to end.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Tells all threads to end, waits for that, and closes the store; the writer comes last, as the others write.
    pub(super) fn stop_and_join(&self) {
        self.stop();
        let Threads { workers, writer } =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        workers.into_iter().for_each(join);
        self.writer.stop();
        writer.into_iter().for_each(join);
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(store) = store
            && let Err(error) = store.commit(&self.probation.pardons()).and_then(|_| store.close())
        {
            tracing::warn!(%error, "the store could not be closed properly");
        }
    }
}

/// How many executions have a run.
#[derive(Debug, Default)]
pub(super) struct ActiveCount {
    count: AtomicUsize,
    none: Notify,
}

impl ActiveCount {
    pub(super) fn is_one(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 1
    }

    /// Returns when there is none.
    pub(super) async fn none(&self) {
        loop {
            let none = self.none.notified();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            none.await;
        }
    }
}

/// Counts an execution among those that have a run, for as long as it lives.
pub(super) struct Active(Arc<Shared>);

impl Active {
    pub(super) fn begin(shared: &Arc<Shared>) -> Self {
        shared.active.count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(shared))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        if self.0.active.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.active.none.notify_waiters();
        }
    }
}

/// The threads of an engine.
#[derive(Default)]
pub(super) struct Threads {
    pub(super) workers: Vec<JoinHandle<()>>,
    pub(super) writer: Option<JoinHandle<()>>,
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
        self.shared.stop();
    }
}
