//! The writer: many executions' checkpoints in one write.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::store::{Commit, Committed, Store, StoreError};

/// The most commits in one write.
const MAX_BATCH: usize = 512;
/// The most commits that wait for the writer; whoever brings more waits before that.
const QUEUE: usize = 4096;

/// What the writer thread is given.
enum Job {
    Commit(Vec<Commit>, Reply),
    Stop,
}

/// What is done, on the writer's thread, with what became of the first of some commits.
type Reply = Box<dyn FnOnce(Result<Committed, StoreError>) + Send>;

/// Hands commits to the writer thread.
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    failures: Arc<AtomicU32>,
    /// How long to leave the store alone after its first failure.
    pause: Duration,
    /// Gone when the engine has ended, so that a forgotten handle does not keep a file open.
    store: Weak<dyn Store>,
}

impl Writer {
    /// Starts the writer thread. It ends when the writer is stopped or dropped.
    pub(super) fn start(store: Arc<dyn Store>, pause: Duration) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let failures = Arc::new(AtomicU32::new(0));
        let (counter, own) = (Arc::clone(&failures), Arc::downgrade(&store));
        let thread = Builder::new().name("durable-writer".to_owned());
        let thread = thread.spawn(move || write(store.as_ref(), jobs, &counter))?;
        Ok((Self { queue, failures, pause, store: own }, thread))
    }

    /// Stores commits that belong together, all or none of them; returns what became of the first when they are durable.
    /// `None` means that the engine is shutting down.
    pub(super) async fn commit(&self, commits: Vec<Commit>) -> Option<Result<Committed, StoreError>> {
        let (reply, answer) = oneshot::channel();
        // Whoever asked may be gone; the write stands.
        self.commit_then(commits, |written| drop(reply.send(written))).await?;
        answer.await.ok()
    }

    /// Stores commits as [`Writer::commit`] does, and has something short done with what became of the first, also if
    /// the caller has gone by then. Returns when the writer has taken them on.
    pub(super) async fn commit_then(
        &self,
        commits: Vec<Commit>,
        then: impl FnOnce(Result<Committed, StoreError>) + Send + 'static,
    ) -> Option<()> {
        self.queue.send(Job::Commit(commits, Box::new(then))).await.ok()
    }

    /// Stores commits on the caller's thread, as [`Writer::commit`] would: for a caller who is the only one. The way to
    /// another thread and back costs about as much as a fast disk.
    pub(super) fn commit_alone(&self, commits: &[Commit]) -> Option<Result<Committed, StoreError>> {
        let store = self.store.upgrade()?;
        let written = store_commits(store.as_ref(), commits, &self.failures);
        Some(written.map(|committed| committed.first().copied().unwrap_or(Committed::Fenced)))
    }

    /// Whether nobody waits for the writer thread.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.capacity() == self.queue.max_capacity()
    }

    /// Ends the writer thread after the commits that it was given before. Blocks while its queue is full.
    pub(super) fn stop(&self) {
        // It may have ended already.
        let _ = self.queue.blocking_send(Job::Stop);
    }

    /// How long to leave the store alone after it failed: longer with each failure in a row.
    pub(super) fn recovery_delay(&self) -> Duration {
        let failures = self.failures.load(Ordering::Relaxed);
        self.pause * (1 << failures.clamp(1, 6).saturating_sub(1))
    }
}

fn write(store: &dyn Store, mut jobs: mpsc::Receiver<Job>, failures: &AtomicU32) {
    // Kept from batch to batch, as they are large.
    let (mut commits, mut replies): (Vec<Commit>, Vec<(usize, Reply)>) = (Vec::new(), Vec::new());
    let mut stopping = false;
    while !stopping && let Some(first) = jobs.blocking_recv() {
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Stop => stopping = true,
                Job::Commit(together, reply) => {
                    replies.push((commits.len(), reply));
                    commits.extend(together);
                }
            }
            if !stopping && commits.len() < MAX_BATCH {
                next = jobs.try_recv().ok();
            }
        }
        write_batch(store, &commits, replies.drain(..), failures);
        commits.clear();
    }
}

fn store_commits(store: &dyn Store, commits: &[Commit], failures: &AtomicU32) -> Result<Vec<Committed>, StoreError> {
    let written = store.commit(commits);
    match &written {
        Ok(_) => failures.store(0, Ordering::Relaxed),
        Err(error) => {
            failures.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%error, commits = commits.len(), "a write to the store failed; its executions are read again");
        }
    }
    written
}

/// Writes commits; each reply is for the commit at its position.
fn write_batch(
    store: &dyn Store,
    commits: &[Commit],
    replies: impl ExactSizeIterator<Item = (usize, Reply)>,
    failures: &AtomicU32,
) {
    if commits.is_empty() {
        return;
    }
    let written = store_commits(store, commits, failures);
    if let (Err(StoreError::Rejected { .. }), true) = (&written, replies.len() > 1) {
        // One execution's fault is not the others': each gets a write of its own.
        let mut replies = replies.peekable();
        while let Some((first, reply)) = replies.next() {
            let end = replies.peek().map_or(commits.len(), |(next, _)| *next);
            let reply: (usize, Reply) = (0, reply);
            write_batch(store, commits.get(first..end).unwrap_or_default(), std::iter::once(reply), failures);
        }
        return;
    }
    for (position, reply) in replies {
        let answer = match &written {
            Ok(committed) => Ok(committed.get(position).copied().unwrap_or(Committed::Fenced)),
            Err(error) => Err(error.clone()),
        };
        reply(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ExecutionId, Name, OperationId, Timestamp};
    use crate::service::{Execution, Spec};
    use crate::store::{Row, SqliteOptions, SqliteStore};

    /// A new execution with a callback of this hash.
    fn creation(store: &SqliteStore, hash: u8) -> Commit {
        let id = ExecutionId::generate();
        let name = |text: String| Name::new(text).unwrap();
        let spec = Spec {
            id,
            function: name("order".to_owned()),
            name: name(id.to_string()),
            version: None,
            input: None,
            tenant: None,
            timeout_seconds: None,
            parent: None,
        };
        let key = Arc::new(store.callback_key());
        let (execution, records) = Execution::create(spec.clone(), key, Timestamp::from_millis(1));
        Commit {
            row: Some(Row { position: 0, records }),
            create: Some(spec),
            standing: Some(execution.standing()),
            callbacks: vec![([hash; 32], OperationId::from_text("op"))],
            ..Commit::new(id)
        }
    }

    #[test]
    fn what_can_not_be_stored_takes_nobody_along() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("store.db"), SqliteOptions::default()).unwrap();
        // The second has a callback that the first has.
        let commits = [1, 1, 2].map(|hash| creation(&store, hash));
        let (sender, answers) = std::sync::mpsc::channel();
        let replies = (0..commits.len()).map(|position| {
            let sender = sender.clone();
            let reply: Reply = Box::new(move |written| sender.send((position, written)).unwrap());
            (position, reply)
        });
        write_batch(&store, &commits, replies, &AtomicU32::new(0));
        drop(sender);
        let answers: Vec<_> = answers.iter().collect();
        assert!(
            matches!(
                answers.as_slice(),
                [(0, Ok(Committed::Done)), (1, Err(StoreError::Rejected { .. })), (2, Ok(Committed::Done))]
            ),
            "{answers:?}"
        );
        let stored = |commit: &Commit| store.load(commit.execution).unwrap().is_some();
        assert_eq!(commits.each_ref().map(stored), [true, false, true]);
    }
}
