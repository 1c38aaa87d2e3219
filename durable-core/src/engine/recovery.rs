//! What an engine finds when it starts: who should run, and who keeps killing the process that runs it.
//!
//! An execution that ends the process before it has made any progress is suspected from then on. The count is noted
//! before it runs again, so no crash can take it back; the first progress clears it. Of those that were suspected
//! twice, only one runs at a time, so that an innocent one is not counted for the crash of another.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::error::EngineError;
use super::mailbox::Message;
use super::parking::ParkReason;
use super::shared::Shared;
use crate::model::ExecutionId;
use crate::service::Record;
use crate::store::{Commit, Trouble};

/// After how many processes that ended with it, in a row and without progress, an execution is parked.
pub(super) const MAX_CRASHES: u32 = 5;
/// From how many on it only runs while no other suspect does.
const ALONE: u32 = 2;
/// How many executions are read from the store at once.
const PAGE: u32 = 512;
/// How many executions may have a task before others are woken only when some are done.
const CROWD: usize = 4096;
/// How long to leave the store alone after it could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Executions that have yet to show that they do not end the process.
#[derive(Debug, Default)]
pub(super) struct Probation {
    suspects: Mutex<BTreeMap<ExecutionId, Option<oneshot::Sender<()>>>>,
    count: AtomicUsize,
}

impl Probation {
    fn begin(&self, id: ExecutionId, tell: Option<oneshot::Sender<()>>) {
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        suspects.insert(id, tell);
        self.count.store(suspects.len(), Ordering::Release);
    }

    /// Whether the execution is suspected.
    pub(super) fn holds(&self, id: ExecutionId) -> bool {
        self.count.load(Ordering::Acquire) > 0
            && self.suspects.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    /// The execution is suspected no more, or does not run any more.
    pub(super) fn end(&self, id: ExecutionId) {
        if self.count.load(Ordering::Acquire) == 0 {
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
        Record::Heartbeat { .. } => false,
    })
}

/// Wakes every execution that should run, page by page.
pub(super) async fn recover(shared: Arc<Shared>, crashed: bool) {
    let mut troubles = match retry(&shared, || shared.store()?.troubles().map_err(EngineError::Store)).await {
        Some(troubles) => troubles.into_iter().collect::<HashMap<_, _>>(),
        None => return,
    };
    for (id, trouble) in &troubles {
        if trouble.crashes >= MAX_CRASHES {
            let reason = trouble.parked.clone().unwrap_or_default();
            shared.parking.park(*id, ParkReason::new(reason));
        }
    }
    let (mut suspects, mut after) = (Vec::new(), None);
    loop {
        let read = || shared.store()?.runnable(after, PAGE).map_err(EngineError::Store);
        let Some(page) = retry(&shared, read).await else { return };
        let Some(last) = page.last().copied() else { break };
        after = Some(last);
        let (mut notes, mut ready) = (Vec::new(), Vec::new());
        for id in page {
            let before = troubles.remove(&id).unwrap_or_default();
            if before.crashes >= MAX_CRASHES {
                continue;
            }
            // After an end in peace, nobody is to blame for anything.
            let crashes = if crashed { before.crashes + 1 } else { 0 };
            if crashes >= ALONE {
                suspects.push((id, crashes));
                continue;
            }
            let trouble = Trouble { crashes, parked: None };
            if trouble != before {
                notes.push(Commit { trouble: Some(trouble), ..Commit::new(id) });
            }
            if crashes > 0 {
                shared.probation.begin(id, None);
            }
            ready.push(id);
        }
        if !notes.is_empty() && shared.writer.commit(notes).await.is_none() {
            return;
        }
        for id in ready {
            shared.mailboxes.thinner_than(CROWD).await;
            shared.deliver(id, Message::Wake);
        }
    }
    for (id, crashes) in suspects {
        wake_suspect(&shared, id, crashes).await;
    }
}

/// Wakes one suspect, and returns when it has made progress or does not run any more.
async fn wake_suspect(shared: &Arc<Shared>, id: ExecutionId, crashes: u32) {
    let poisoned = crashes >= MAX_CRASHES;
    let reason = format!(
        "{crashes} processes in a row ended while they ran this execution, before it made any progress\n\
         help: look for what ends the process (an abort, a stack overflow, too much memory) in the step that its \
         history shows as started; then `engine.unpark(id)` lets it run again"
    );
    let parked = poisoned.then(|| reason.clone());
    let note = Commit { trouble: Some(Trouble { crashes, parked }), ..Commit::new(id) };
    if shared.writer.commit(vec![note]).await.is_none() {
        return;
    }
    if poisoned {
        tracing::error!(execution = %id, %reason, "an execution is parked");
        shared.parking.park(id, ParkReason::new(reason.clone()));
        shared.waiters.announce(id, &super::waiters::Ending::Parked(ParkReason::new(reason)));
        return;
    }
    let (tell, told) = oneshot::channel();
    shared.probation.begin(id, Some(tell));
    shared.deliver(id, Message::Wake);
    // An error would mean that the engine is gone.
    let _ = told.await;
}

/// Reads from the store until that works; `None` when the engine has ended.
async fn retry<T>(shared: &Shared, read: impl Fn() -> Result<T, EngineError>) -> Option<T> {
    loop {
        match read() {
            Ok(found) => return Some(found),
            Err(EngineError::ShutDown) => return None,
            Err(error) => {
                tracing::error!(%error, "the executions to go on with could not be read");
                tokio::time::sleep(shared.writer.recovery_delay().max(PAUSE)).await;
            }
        }
    }
}
