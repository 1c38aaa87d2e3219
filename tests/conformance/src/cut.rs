//! A store that takes the process down between invocations.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use durable::model::{Name, OperationId};
use durable::service::{CallbackKey, Record, Standing};
use durable::store::{Commit, Committed, Due, Query, SqliteStore, Store, StoreError, Stored, Summary, Trouble};
use durable::{EventKind, ExecutionId, Timestamp};

use crate::row::Row;

/// Aborts the process as soon as it has stored that an invocation ended while its execution goes on.
pub struct CutStore {
    store: SqliteStore,
    /// How long the process lives on, so that observers are told that the invocation has ended.
    delay: Duration,
}

impl CutStore {
    /// The store of a row.
    pub fn new(store: SqliteStore, row: &Row) -> Self {
        let delay = if row.told.is_some() { Duration::from_millis(50) } else { Duration::ZERO };
        Self { store, delay }
    }
}

impl Store for CutStore {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let committed = self.store.commit(commits)?;
        if commits.iter().any(ends_between_invocations) {
            match self.delay {
                Duration::ZERO => std::process::abort(),
                delay => drop(thread::spawn(move || {
                    thread::sleep(delay);
                    std::process::abort()
                })),
            }
        }
        Ok(committed)
    }

    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        self.store.load(id)
    }

    fn find(&self, function: &Name, name: &Name) -> Result<Option<ExecutionId>, StoreError> {
        self.store.find(function, name)
    }

    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError> {
        self.store.find_callback(hash)
    }

    fn standing(&self, id: ExecutionId) -> Result<Option<(Standing, Vec<Record>)>, StoreError> {
        self.store.standing(id)
    }

    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.store.runnable(after, limit)
    }

    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError> {
        self.store.due(after, limit)
    }

    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError> {
        self.store.stranded()
    }

    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError> {
        self.store.troubles()
    }

    fn was_left_open(&self) -> bool {
        self.store.was_left_open()
    }

    fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }

    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        self.store.list(query)
    }

    fn delete(&self, ids: &[ExecutionId]) -> Result<(), StoreError> {
        self.store.delete(ids)
    }

    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.store.ended_before(time, limit)
    }

    fn beside(&self, suffix: &str) -> Option<PathBuf> {
        self.store.beside(suffix)
    }

    fn callback_key(&self) -> CallbackKey {
        self.store.callback_key()
    }
}

fn ends_between_invocations(commit: &Commit) -> bool {
    let last = commit.row.as_ref().and_then(|row| row.records.last());
    matches!(last, Some(Record::Event(event)) if matches!(event.kind, EventKind::InvocationCompleted { .. }))
}
