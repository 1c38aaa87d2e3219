//! The worker threads: each drives its executions on one thread, as durable futures do not move between threads.

use std::rc::Rc;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::LocalSet;

use super::actor;
use super::driven::Driven;
use super::mailbox::{Mailbox, Message};
use super::recovery::Recovery;
use super::residents::Residents;
use super::shared::{Counted, Shared};
use super::{liveness, recovery, retention, watchdog};
use crate::context::Watch;
use crate::model::ExecutionId;

/// An execution that gets a task.
pub(super) struct Assignment {
    pub(super) id: ExecutionId,
    pub(super) mailbox: Mailbox,
    /// Its state, if the sender has it at hand.
    pub(super) driven: Option<Driven>,
    /// Counts it among those that are starting, if whoever woke it waits for room there.
    pub(super) starting: Option<OwnedSemaphorePermit>,
    /// Counts it among what goes on.
    pub(super) busy: Counted,
}

/// Hands executions to the worker threads.
pub(super) struct Workers(Vec<mpsc::UnboundedSender<Assignment>>);

/// The receiving ends, for threads that are yet to start.
pub(super) type Queues = Vec<mpsc::UnboundedReceiver<Assignment>>;

impl Workers {
    pub(super) fn new(count: usize) -> (Self, Queues) {
        let (senders, queues) = (0..count.max(1)).map(|_| mpsc::unbounded_channel()).unzip();
        (Self(senders), queues)
    }

    /// Gives an execution to its worker, always the same one.
    pub(super) fn assign(&self, assignment: Assignment) {
        // The last bytes of an id are random.
        let [.., high, low] = *assignment.id.as_bytes();
        let number = usize::from(u16::from_be_bytes([high, low]));
        if let Some(worker) = self.0.get(number % self.0.len()) {
            // After a shutdown nobody receives it; whoever sent a message sees the mailbox close.
            let _ = worker.send(assignment);
        }
    }
}

/// How the threads of an engine work.
pub(super) struct Settings {
    /// How many suspended runs stay in memory.
    pub(super) resident: usize,
    /// Who has to be woken.
    pub(super) recovery: Recovery,
    /// When executions are deleted after their end.
    pub(super) retention: Option<Duration>,
    /// After how much time in one poll a thread is reported as blocked.
    pub(super) blocked_after: Duration,
}

/// Starts the worker threads, and the thread that looks after time.
pub(super) fn start(shared: &Arc<Shared>, queues: Queues, settings: Settings) -> std::io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    // Executions are spread evenly.
    let resident = settings.resident.div_ceil(queues.len().max(1));
    let mut watches = Vec::new();
    for (number, queue) in queues.into_iter().enumerate() {
        let shared = Arc::clone(shared);
        let stopped = shared.stopped();
        let watch = Arc::new(shared.watch());
        watches.push(Arc::clone(&watch));
        let work = move || block_on(stopped, work(shared, queue, (number, resident), watch));
        threads.push(Builder::new().name(format!("durable-worker-{number}")).spawn(work)?);
    }
    let shared = Arc::clone(shared);
    let stopped = shared.stopped();
    let time = move || block_on(stopped, time(shared, settings, watches));
    threads.push(Builder::new().name("durable-timer".to_owned()).spawn(time)?);
    Ok(threads)
}

/// Runs a thread's future, and the tasks it spawns, until the engine stops; then drops them.
fn block_on(mut stopped: watch::Receiver<bool>, thread: impl Future<Output = ()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "a worker could not start");
            return;
        }
    };
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, async {
        tokio::select! {
            () = thread => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    });
    drop(tasks);
    // What a step has on the blocking pool may take for ever; its outcome would be recorded nowhere.
    runtime.shutdown_background();
}

async fn work(
    shared: Arc<Shared>,
    mut queue: mpsc::UnboundedReceiver<Assignment>,
    (number, resident): (usize, usize),
    watch: Arc<Watch>,
) {
    let residents = Rc::new(Residents::new(Arc::clone(&shared), number, resident, watch));
    while let Some(assignment) = queue.recv().await {
        tokio::task::spawn_local(actor::drive(Arc::clone(&shared), Rc::clone(&residents), assignment));
    }
}

async fn time(shared: Arc<Shared>, settings: Settings, watches: Vec<Arc<Watch>>) {
    let Settings { resident: _, recovery, retention, blocked_after } = settings;
    tokio::task::spawn_local(watchdog::look(Arc::clone(&shared), watches, blocked_after));
    let (recovering, recovered) = (shared.busy.begin(), recovery::recover(Arc::clone(&shared), recovery));
    tokio::task::spawn_local(async move {
        let _recovering = recovering;
        recovered.await;
    });
    tokio::task::spawn_local(liveness::look(Arc::clone(&shared)));
    if let Some(retention) = retention {
        tokio::task::spawn_local(retention::sweep(Arc::clone(&shared), retention));
    }
    loop {
        let read = |after, limit| match shared.store() {
            Ok(store) => store.due(Some(after), limit),
            // The engine has ended.
            Err(_) => Ok(Vec::new()),
        };
        for id in shared.timers.due(shared.clock.as_ref(), read).await {
            shared.deliver_in_turn(id, Message::Tick).await;
        }
    }
}
