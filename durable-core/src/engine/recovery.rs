//! What an engine finds when it starts: who should run, and who keeps killing the process that runs it.
//!
//! A process that does not end in peace puts every execution that ran on probation, until it makes progress. Meanwhile
//! the black box says who is on a thread, the workers' and those of blocking code. Whoever was when the next process ended
//! is to blame for it; if nobody was, all are that ran. Of those that were blamed twice, only one runs at a time, so that
//! an innocent one is not blamed for another's crash again and again.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::black_box::{BlackBox, LastMoment};
use super::mailbox::Message;
use super::parking::{ParkReason, Parking};
use super::shared::Shared;
use crate::model::ExecutionId;
use crate::service::Record;
use crate::store::{Commit, Store, StoreError, Trouble};

/// After how many processes that ended with it, in a row and without progress, an execution is parked.
pub(super) const MAX_CRASHES: u32 = 5;
/// The same where nothing shows which execution it was: whatever ends a process from outside hits innocent ones too.
const MAX_UNPROVEN: u32 = 12;
/// From how many on it only runs while no other suspect does.
const ALONE: u32 = 2;
/// How many executions are read from the store at once.
const PAGE: u32 = 512;
/// After how much time the next suspect runs beside one that has shown nothing yet.
const SURVIVED: Duration = Duration::from_secs(3);

/// Executions that have yet to show that they do not end the process.
#[derive(Debug, Default)]
pub(super) struct Probation {
    suspects: Mutex<BTreeMap<ExecutionId, Suspect>>,
    count: AtomicUsize,
}

/// What a suspected execution may do.
#[derive(Debug)]
enum Suspect {
    /// Run.
    Runs,
    /// Nothing, until those before it have shown something.
    Waits,
    /// Run; someone waits for what comes of it.
    Watched(oneshot::Sender<()>),
}

impl Probation {
    fn of(suspects: BTreeMap<ExecutionId, Suspect>) -> Self {
        Self { count: AtomicUsize::new(suspects.len()), suspects: Mutex::new(suspects) }
    }

    fn suspects(&self) -> MutexGuard<'_, BTreeMap<ExecutionId, Suspect>> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any execution is suspected.
    pub(super) fn is_on(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// Lets a suspect run that waits for its turn; `None` if it is suspected no more.
    fn watch(&self, id: ExecutionId) -> Option<oneshot::Receiver<()>> {
        let (tell, told) = oneshot::channel();
        *self.suspects().get_mut(&id)? = Suspect::Watched(tell);
        Some(told)
    }

    /// Whether the execution is suspected.
    pub(super) fn holds(&self, id: ExecutionId) -> bool {
        self.is_on() && self.suspects().contains_key(&id)
    }

    /// Whether the execution is suspected, and others have to show first that they are not to blame.
    pub(super) fn holds_back(&self, id: ExecutionId) -> bool {
        self.is_on() && matches!(self.suspects().get(&id), Some(Suspect::Waits))
    }

    /// The execution is suspected no more, or does not run any more.
    pub(super) fn end(&self, id: ExecutionId) {
        if !self.is_on() {
            return;
        }
        let mut suspects = self.suspects();
        if let Some(Suspect::Watched(tell)) = suspects.remove(&id) {
            // Whoever waited may be gone with the engine.
            let _ = tell.send(());
        }
        self.count.store(suspects.len(), Ordering::Release);
    }

    /// What to store when the engine ends in peace: that these were not to blame.
    pub(super) fn pardons(&self) -> Vec<Commit> {
        self.suspects().keys().map(|id| Commit { trouble: Some(Trouble::default()), ..Commit::new(*id) }).collect()
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

/// What follows from that, before anything runs.
pub(super) struct Judged {
    pub(super) recovery: Recovery,
    pub(super) parking: Parking,
    pub(super) probation: Probation,
    pub(super) black_box: Option<BlackBox>,
}

/// Who has to be woken.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    ready: Vec<ExecutionId>,
    /// Those that run one after the other.
    suspects: Vec<ExecutionId>,
}

impl Found {
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

    /// Decides who runs, who is suspected and who is parked, and has the store remember it: nobody may run before that.
    pub(super) fn judge(self, store: &dyn Store) -> Result<Judged, StoreError> {
        let Self { runnable, mut troubles, crash, black_box } = self;
        let (parking, mut suspected) = (Parking::default(), BTreeMap::new());
        for (id, trouble) in &troubles {
            if is_poison(trouble) {
                parking.park(*id, ParkReason::new(trouble.parked.clone().unwrap_or_default()));
            }
        }
        let (mut recovery, mut notes) = (Recovery::default(), Vec::new());
        for id in runnable {
            let before = troubles.remove(&id).unwrap_or_default();
            if is_poison(&before) {
                continue;
            }
            let crashes = crashes(id, before.crashes, crash.as_ref());
            let was_seen = crash.as_ref().is_some_and(|last| is_proven(id, last));
            let seen = if crash.is_some() { before.seen + u32::from(was_seen) } else { 0 };
            // Of the first nothing can be seen, as nobody was suspected then.
            let most = if seen + 1 >= MAX_CRASHES { MAX_CRASHES } else { MAX_UNPROVEN };
            let trouble = Trouble { crashes, seen, parked: (crashes >= most).then(|| poison(crashes)) };
            if let Some(reason) = &trouble.parked {
                tracing::error!(execution = %id, %reason, "an execution is parked");
                parking.park(id, ParkReason::new(reason.clone()));
            } else if crashes >= ALONE {
                recovery.suspects.push(id);
                suspected.insert(id, Suspect::Waits);
            } else {
                recovery.ready.push(id);
                if crashes > 0 {
                    suspected.insert(id, Suspect::Runs);
                }
            }
            if trouble != before {
                notes.push(Commit { trouble: Some(trouble), ..Commit::new(id) });
            }
        }
        for page in notes.chunks(PAGE as usize) {
            store.commit(page)?;
        }
        Ok(Judged { recovery, parking, probation: Probation::of(suspected), black_box })
    }
}

/// Wakes every execution that should run.
pub(super) async fn recover(shared: Arc<Shared>, recovery: Recovery) {
    let Recovery { ready, suspects } = recovery;
    for id in ready {
        shared.deliver_in_turn(id, Message::Wake).await;
    }
    shared.recovered.store(true, Ordering::Release);
    for id in suspects {
        wake_suspect(&shared, id).await;
    }
}

/// How many processes in a row the execution is to blame for, now that another one has ended; at least one puts it on
/// probation.
fn crashes(id: ExecutionId, before: u32, crash: Option<&LastMoment>) -> u32 {
    // After an end in peace, nobody is to blame for anything.
    let Some(last) = crash else { return 0 };
    let nobody_was_seen = last.polled.is_empty() && last.detached.is_empty();
    let blamed = if nobody_was_seen { before < ALONE || last.alone == Some(id) } else { is_proven(id, last) };
    if blamed { before + 1 } else { before.max(1) }
}

/// Whether the last process was seen running the execution when it ended.
///
/// A poll is a short moment, so whoever was in one is to blame. What is on a thread of its own may be there for hours, when
/// others end the process: if the suspect whose turn it was has something there, it is that one.
fn is_proven(id: ExecutionId, LastMoment { alone, polled, detached }: &LastMoment) -> bool {
    let alone = alone.filter(|alone| detached.contains(alone));
    polled.contains(&id) || alone.map_or_else(|| detached.contains(&id), |alone| alone == id)
}

/// Whether the execution was parked for what it did to processes; what does not fit the code is tried anew.
fn is_poison(trouble: &Trouble) -> bool {
    trouble.crashes > 0 && trouble.parked.is_some()
}

fn poison(crashes: u32) -> String {
    format!(
        "{crashes} processes in a row ended while they ran this execution, before it made any progress\n\
         help: look for what ends the process (an abort, a stack overflow, too much memory) in the step that its \
         history shows as started; then `engine.unpark(id)` lets it run again"
    )
}

/// Wakes one suspect, and returns when it has made progress or does not run any more; or has survived for some time, so
/// that a step of an hour does not hold up the others.
async fn wake_suspect(shared: &Arc<Shared>, id: ExecutionId) {
    let Some(told) = shared.probation.watch(id) else { return };
    shared.note_alone(Some(id));
    shared.deliver(id, Message::Wake);
    // An error would mean that the engine is gone.
    let _ = tokio::time::timeout(SURVIVED, told).await;
    shared.note_alone(None);
}
