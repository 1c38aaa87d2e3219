//! What an engine finds when it starts: who should run, and who keeps killing the process that runs it.
//!
//! A process that does not end in peace puts every execution that ran on probation, until it makes progress. Meanwhile
//! the black box says who is on a thread. Whoever was when the next process ended is to blame for it; if nobody was, all
//! are that ran. Of those that were blamed twice, only one runs at a time, so that an innocent one is not blamed for
//! another's crash again and again.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::black_box::{BlackBox, LastMoment};
use super::mailbox::Message;
use super::parking::ParkReason;
use super::shared::Shared;
use super::waiters::Ending;
use crate::model::ExecutionId;
use crate::service::Record;
use crate::store::{Commit, Store, StoreError, Trouble};

/// After how many processes that ended with it, in a row and without progress, an execution is parked.
pub(super) const MAX_CRASHES: u32 = 5;
/// From how many on it only runs while no other suspect does.
const ALONE: u32 = 2;
/// How many executions are read from the store at once.
const PAGE: u32 = 512;
/// How many executions may have a task before others are woken only when some are done.
const CROWD: usize = 4096;

/// Executions that have yet to show that they do not end the process.
#[derive(Debug, Default)]
pub(super) struct Probation {
    suspects: Mutex<BTreeMap<ExecutionId, Option<oneshot::Sender<()>>>>,
    count: AtomicUsize,
}

impl Probation {
    /// Whether any execution is suspected.
    pub(super) fn is_on(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    fn begin(&self, id: ExecutionId, tell: Option<oneshot::Sender<()>>) {
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        suspects.insert(id, tell);
        self.count.store(suspects.len(), Ordering::Release);
    }

    /// Whether the execution is suspected.
    pub(super) fn holds(&self, id: ExecutionId) -> bool {
        self.is_on() && self.suspects.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    /// The execution is suspected no more, or does not run any more.
    pub(super) fn end(&self, id: ExecutionId) {
        if !self.is_on() {
            return;
        }
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tell) = suspects.remove(&id).flatten() {
            // Whoever waited may be gone with the engine.
            let _ = tell.send(());
        }
        self.count.store(suspects.len(), Ordering::Release);
    }

    /// What to store when the engine ends in peace: that these were not to blame.
    pub(super) fn pardons(&self) -> Vec<Commit> {
        let suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        suspects.keys().map(|id| Commit { trouble: Some(Trouble::default()), ..Commit::new(*id) }).collect()
    }
}

/// Whether these records show that the execution went on.
pub(super) fn is_progress(records: &[Record]) -> bool {
    use crate::model::EventKind::{ContextStarted, StepStarted};
    records.iter().any(|record| match record {
        Record::Event(event) => !matches!(event.kind, StepStarted | ContextStarted),
        _ => false,
    })
}

/// What an engine finds in its store, before anything new is started.
#[derive(Debug)]
pub(super) struct Found {
    /// Executions that should run, or have an end to tell.
    runnable: Vec<ExecutionId>,
    troubles: HashMap<ExecutionId, Trouble>,
    /// What was running when the last process ended, if it did not end in peace.
    crash: Option<LastMoment>,
    black_box: Option<BlackBox>,
}

impl Found {
    pub(super) fn take_black_box(&mut self) -> Option<BlackBox> {
        self.black_box.take()
    }

    pub(super) fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let (mut runnable, troubles) = (Vec::new(), store.troubles()?.into_iter().collect());
        loop {
            let page = store.runnable(runnable.last().copied(), PAGE)?;
            if page.is_empty() {
                let (mut black_box, mut last) = (None, LastMoment::default());
                if let Some(path) = store.beside("-running") {
                    let (file, left) = BlackBox::open(&path).map_err(|error| StoreError::io(&path, &error))?;
                    (black_box, last) = (Some(file), left);
                }
                return Ok(Self { runnable, troubles, crash: store.was_left_open().then_some(last), black_box });
            }
            runnable.extend(page);
        }
    }
}

/// Wakes every execution that should run.
pub(super) async fn recover(shared: Arc<Shared>, found: Found) {
    let Found { runnable, mut troubles, crash, black_box: _ } = found;
    for (id, trouble) in &troubles {
        if trouble.crashes >= MAX_CRASHES {
            let reason = trouble.parked.clone().unwrap_or_default();
            shared.parking.park(*id, ParkReason::new(reason));
        }
    }
    let mut suspects = Vec::new();
    for page in runnable.chunks(PAGE as usize) {
        let (mut notes, mut ready) = (Vec::new(), Vec::new());
        for id in page.iter().copied() {
            let before = troubles.remove(&id).unwrap_or_default();
            if before.crashes >= MAX_CRASHES {
                continue;
            }
            let crashes = crashes(id, before.crashes, crash.as_ref());
            let parked = (crashes >= MAX_CRASHES).then(|| poison(crashes));
            let trouble = Trouble { crashes, parked };
            if let Some(reason) = &trouble.parked {
                tracing::error!(execution = %id, %reason, "an execution is parked");
                shared.parking.park(id, ParkReason::new(reason.clone()));
                shared.waiters.announce(id, &Ending::Parked(ParkReason::new(reason.clone())));
            } else if crashes >= ALONE {
                suspects.push(id);
            } else {
                ready.push(id);
            }
            if trouble != before {
                notes.push(Commit { trouble: Some(trouble), ..Commit::new(id) });
            }
            if (1..ALONE).contains(&crashes) {
                shared.probation.begin(id, None);
            }
        }
        if !notes.is_empty() && shared.writer.commit(notes).await.is_none() {
            return;
        }
        for id in ready {
            shared.mailboxes.thinner_than(CROWD).await;
            shared.deliver(id, Message::Wake);
        }
    }
    for id in suspects {
        wake_suspect(&shared, id).await;
    }
}

/// How many processes in a row the execution is to blame for, now that another one has ended; at least one puts it on
/// probation.
fn crashes(id: ExecutionId, before: u32, crash: Option<&LastMoment>) -> u32 {
    // After an end in peace, nobody is to blame for anything.
    let Some(LastMoment { alone, polled }) = crash else { return 0 };
    let blamed = if polled.is_empty() { before < ALONE || *alone == Some(id) } else { polled.contains(&id) };
    if blamed { before + 1 } else { before.max(1) }
}

fn poison(crashes: u32) -> String {
    format!(
        "{crashes} processes in a row ended while they ran this execution, before it made any progress\n\
         help: look for what ends the process (an abort, a stack overflow, too much memory) in the step that its \
         history shows as started; then `engine.unpark(id)` lets it run again"
    )
}

/// Wakes one suspect, and returns when it has made progress or does not run any more.
async fn wake_suspect(shared: &Arc<Shared>, id: ExecutionId) {
    let (tell, told) = oneshot::channel();
    shared.probation.begin(id, Some(tell));
    shared.note_alone(Some(id));
    shared.deliver(id, Message::Wake);
    // An error would mean that the engine is gone.
    let _ = told.await;
    shared.note_alone(None);
}
