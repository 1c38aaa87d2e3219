//! The store of one process in a test: the memory that outlives it, and what goes wrong on the way there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::fault::{Faults, Phase, Wrong};
use crate::model::{ExecutionId, Name, OperationId, Timestamp};
use crate::service::CallbackKey;
use crate::store::{
    Commit, Committed, Due, Glance, LogEnd, MemoryStore, Query, Store, StoreError, Stored, Summary, Trouble,
};

/// What outlives the processes of a test.
pub(super) struct Memory {
    pub(super) store: MemoryStore,
    /// After how many records each write of an execution ended.
    writes: Mutex<BTreeMap<ExecutionId, Vec<usize>>>,
}

impl Memory {
    pub(super) fn new() -> Result<Self, StoreError> {
        Ok(Self { store: MemoryStore::new()?, writes: Mutex::default() })
    }

    /// After how many records each write of the execution ended.
    pub(super) fn writes(&self, id: ExecutionId) -> Vec<usize> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned().unwrap_or_default()
    }

    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let committed = self.store.commit(commits)?;
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        for (commit, committed) in commits.iter().zip(&committed) {
            if let (Some(row), Committed::Done) = (&commit.row, committed) {
                let ends = writes.entry(commit.execution).or_default();
                ends.push(ends.last().unwrap_or(&0) + row.records.len());
            }
        }
        Ok(committed)
    }
}

/// A process's way to the memory.
pub(super) struct FaultyStore {
    memory: Arc<Memory>,
    faults: Arc<Faults>,
    /// Whether the process has ended.
    dead: watch::Sender<bool>,
}

impl FaultyStore {
    pub(super) fn new(memory: Arc<Memory>, faults: Arc<Faults>) -> Self {
        Self { memory, faults, dead: watch::Sender::new(false) }
    }

    /// Returns when the process has ended.
    pub(super) async fn died(&self) {
        // The sender is here.
        let _ = self.dead.subscribe().wait_for(|dead| *dead).await;
    }

    /// Ends the process.
    pub(super) fn die(&self) {
        self.dead.send_replace(true);
    }

    fn alive(&self) -> Result<&MemoryStore, StoreError> {
        if *self.dead.borrow() { Err(gone()) } else { Ok(&self.memory.store) }
    }
}

fn gone() -> StoreError {
    StoreError::Io { path: "memory".into(), reason: "the test made this fail".to_owned() }
}

impl Store for FaultyStore {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        self.alive()?;
        let Some((wrong, phase)) = self.faults.strike(commits) else { return self.memory.commit(commits) };
        if wrong == Wrong::Fence {
            return Ok(commits.iter().map(|_| Committed::Fenced).collect());
        }
        if phase != Phase::BeforeCommit {
            self.memory.commit(commits)?;
        }
        if wrong == Wrong::Crash {
            self.die();
        }
        Err(gone())
    }

    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        self.alive()?.load(id)
    }

    fn find(&self, function: &Name, name: &Name) -> Result<Option<ExecutionId>, StoreError> {
        self.alive()?.find(function, name)
    }

    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError> {
        self.alive()?.find_callback(hash)
    }

    fn glance(&self, id: ExecutionId, end: LogEnd) -> Result<Option<Glance>, StoreError> {
        self.alive()?.glance(id, end)
    }

    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.alive()?.runnable(after, limit)
    }

    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError> {
        self.alive()?.due(after, limit)
    }

    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError> {
        self.alive()?.stranded()
    }

    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError> {
        self.alive()?.troubles()
    }

    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        self.alive()?.list(query)
    }

    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError> {
        self.alive()?.delete(executions)
    }

    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.alive()?.ended_before(time, limit)
    }

    fn was_left_open(&self) -> bool {
        self.memory.store.was_left_open()
    }

    fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn beside(&self, suffix: &str) -> Option<PathBuf> {
        self.memory.store.beside(suffix)
    }

    fn callback_key(&self) -> CallbackKey {
        self.memory.store.callback_key()
    }
}
