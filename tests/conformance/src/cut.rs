//! A store that takes the process down between invocations.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use durable::model::{Name, OperationId};
use durable::service::{CallbackKey, Record};
use durable::store::{
    Commit, Committed, Due, Glance, LogEnd, Query, SqliteStore, Store, StoreError, Stored, Summary, Trouble,
};
use durable::{EventKind, ExecutionId, Timestamp};

use crate::row::Row;
use crate::witness::ends_told;

/// Aborts the process as soon as it has stored that an invocation ended while its execution goes on.
pub struct CutStore {
    store: SqliteStore,
    /// Where observers write down that they were told of it, and how often they were in earlier processes; the process
    /// lives on until they are told once more.
    told: Option<(PathBuf, usize)>,
}

/// How long observers may take to be told. Whether they were is checked afterwards.
const PATIENCE: Duration = Duration::from_secs(20);

impl CutStore {
    /// The store of a row that is carried out in this folder.
    pub fn new(store: SqliteStore, row: &Row, folder: &Path) -> Self {
        let told = row.told.is_some().then(|| (folder.to_owned(), ends_told(folder)));
        Self { store, told }
    }
}

impl Store for CutStore {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let committed = self.store.commit(commits)?;
        if commits.iter().any(ends_between_invocations) {
            match self.told.clone() {
                None => std::process::abort(),
                Some((folder, before)) => drop(thread::spawn(move || {
                    let patience = Instant::now() + PATIENCE;
                    while ends_told(&folder) == before && Instant::now() < patience {
                        thread::sleep(Duration::from_millis(5));
                    }
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

    fn glance(&self, id: ExecutionId, end: LogEnd) -> Result<Option<Glance>, StoreError> {
        self.store.glance(id, end)
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
