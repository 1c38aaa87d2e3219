//! A store that does what it is told, and what a test wants besides.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use durable::model::{Name, OperationId, Timestamp};
use durable::service::CallbackKey;
use durable::store::{Commit, Committed, Due, Glance, LogEnd, MemoryStore, Store, Stored, Trouble};
use durable::{ExecutionId, Query, StoreError, Summary};

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done.
    Done,
    /// It is done, and the caller is told that it failed.
    DoneAndDenied,
}

type Decide = Box<dyn FnMut(&[Commit]) -> Fate + Send>;

/// Keeps everything in memory, and says what was written.
pub(crate) struct ShakyStore {
    inner: MemoryStore,
    decide: Mutex<Decide>,
    written: Mutex<Vec<Commit>>,
    loads: Mutex<usize>,
    /// What happens before an execution is read.
    before_load: Mutex<Box<dyn FnMut() + Send>>,
    /// Whether it looks as if the last process had crashed.
    crashed: bool,
}

impl ShakyStore {
    pub(crate) fn new() -> Self {
        Self {
            inner: MemoryStore::new().unwrap(),
            decide: Mutex::new(Box::new(|_| Fate::Done)),
            written: Mutex::default(),
            loads: Mutex::default(),
            before_load: Mutex::new(Box::new(|| ())),
            crashed: false,
        }
    }

    /// One that the last process seems to have left in a crash.
    pub(crate) fn crashed() -> Self {
        Self { crashed: true, ..Self::new() }
    }

    /// One that does this before an execution is read.
    pub(crate) fn before_load(act: impl FnMut() + Send + 'static) -> Arc<Self> {
        Arc::new(Self { before_load: Mutex::new(Box::new(act)), ..Self::new() })
    }

    /// One that denies the first write that fits.
    pub(crate) fn denying_once(fits: impl Fn(&[Commit]) -> bool + Send + 'static) -> Arc<Self> {
        let mut denied = false;
        let decide: Decide = Box::new(move |commits| {
            if denied || !fits(commits) {
                return Fate::Done;
            }
            denied = true;
            Fate::DoneAndDenied
        });
        Arc::new(Self { decide: Mutex::new(decide), ..Self::new() })
    }

    /// Everything that was written.
    pub(crate) fn written(&self) -> Vec<Commit> {
        self.written.lock().unwrap().clone()
    }

    /// How many executions were read with their logs.
    pub(crate) fn loads(&self) -> usize {
        *self.loads.lock().unwrap()
    }
}

impl Store for ShakyStore {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let fate = (self.decide.lock().unwrap())(commits);
        let committed = self.inner.commit(commits)?;
        self.written.lock().unwrap().extend(commits.iter().cloned());
        match fate {
            Fate::Done => Ok(committed),
            Fate::DoneAndDenied => Err(StoreError::Io { path: "memory".into(), reason: "who knows".to_owned() }),
        }
    }

    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        *self.loads.lock().unwrap() += 1;
        (self.before_load.lock().unwrap())();
        self.inner.load(id)
    }

    fn find(&self, function: &Name, name: &Name) -> Result<Option<ExecutionId>, StoreError> {
        self.inner.find(function, name)
    }

    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError> {
        self.inner.find_callback(hash)
    }

    fn glance(&self, id: ExecutionId, end: LogEnd) -> Result<Option<Glance>, StoreError> {
        self.inner.glance(id, end)
    }

    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.inner.runnable(after, limit)
    }

    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError> {
        self.inner.due(after, limit)
    }

    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError> {
        self.inner.stranded()
    }

    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError> {
        self.inner.troubles()
    }

    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        self.inner.list(query)
    }

    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError> {
        self.inner.delete(executions)
    }

    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.inner.ended_before(time, limit)
    }

    fn was_left_open(&self) -> bool {
        self.crashed
    }

    fn close(&self) -> Result<(), StoreError> {
        self.inner.close()
    }

    fn beside(&self, suffix: &str) -> Option<PathBuf> {
        self.inner.beside(suffix)
    }

    fn callback_key(&self) -> CallbackKey {
        self.inner.callback_key()
    }
}
