//! A store that takes the process down between invocations.

use durable::model::{Name, OperationId};
use durable::service::{CallbackKey, Record};
use durable::store::{Agenda, Commit, Committed, Query, SqliteStore, Store, StoreError, Stored, Summary};
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

    fn agenda(&self) -> Result<Vec<Agenda>, StoreError> {
        self.0.agenda()
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

    fn callback_key(&self) -> CallbackKey {
        self.0.callback_key()
    }
}

fn ends_between_invocations(commit: &Commit) -> bool {
    let last = commit.row.as_ref().and_then(|row| row.records.last());
    matches!(last, Some(Record::Event(event)) if matches!(event.kind, EventKind::InvocationCompleted { .. }))
}
