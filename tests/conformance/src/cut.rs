//! A store that takes the process down between invocations.

use std::path::PathBuf;

use durable::model::{Name, OperationId};
use durable::service::{CallbackKey, Record, Standing};
use durable::store::{Commit, Committed, Due, Query, SqliteStore, Store, StoreError, Stored, Summary, Trouble};
use durable::{EventKind, ExecutionId, Timestamp};

/// Aborts the process as soon as it has stored that an invocation ended while its execution goes on.
pub struct CutStore(pub SqliteStore);

impl Store for CutStore {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let committed = self.0.commit(commits)?;
        if commits.iter().any(ends_between_invocations) {
            std::process::abort();
        }
        Ok(committed)
    }

    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        self.0.load(id)
    }

    fn find(&self, function: &Name, name: &Name) -> Result<Option<ExecutionId>, StoreError> {
        self.0.find(function, name)
    }

    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError> {
        self.0.find_callback(hash)
    }

    fn standing(&self, id: ExecutionId) -> Result<Option<(Standing, Vec<Record>)>, StoreError> {
        self.0.standing(id)
    }

    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.0.runnable(after, limit)
    }

    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError> {
        self.0.due(after, limit)
    }

    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError> {
        self.0.stranded()
    }

    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError> {
        self.0.troubles()
    }

    fn was_left_open(&self) -> bool {
        self.0.was_left_open()
    }

    fn close(&self) -> Result<(), StoreError> {
        self.0.close()
    }

    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        self.0.list(query)
    }

    fn delete(&self, ids: &[ExecutionId]) -> Result<(), StoreError> {
        self.0.delete(ids)
    }

    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.0.ended_before(time, limit)
    }

    fn beside(&self, suffix: &str) -> Option<PathBuf> {
        self.0.beside(suffix)
    }

    fn callback_key(&self) -> CallbackKey {
        self.0.callback_key()
    }
}

fn ends_between_invocations(commit: &Commit) -> bool {
    let last = commit.row.as_ref().and_then(|row| row.records.last());
    matches!(last, Some(Record::Event(event)) if matches!(event.kind, EventKind::InvocationCompleted { .. }))
}
