//! A store that lives as long as the process: for tests and trials.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Agenda, Commit, Committed, Query, Row, Store, StoreError, Stored, Summary};
use crate::model::{ExecutionId, Name, OperationId, Timestamp};
use crate::service::CallbackKey;

/// Keeps executions in memory.
#[derive(Debug)]
pub struct MemoryStore {
    key: CallbackKey,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    executions: HashMap<ExecutionId, Stored>,
    names: HashMap<(Name, Name), ExecutionId>,
    callbacks: HashMap<[u8; 32], (ExecutionId, OperationId)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Result<Self, StoreError> {
        let key = CallbackKey::generate()
            .map_err(|error| StoreError::Io { path: "memory".into(), reason: error.to_string() })?;
        Ok(Self { key, tables: Mutex::default() })
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let mut tables = self.tables();
        Ok(commits.iter().map(|commit| tables.commit(commit)).collect())
    }

    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        Ok(self.tables().executions.get(&id).cloned())
    }

    fn find(&self, function: &Name, name: &Name) -> Result<Option<ExecutionId>, StoreError> {
        Ok(self.tables().names.get(&(function.clone(), name.clone())).copied())
    }

    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError> {
        Ok(self.tables().callbacks.get(hash).cloned())
    }

    #[expect(clippy::disallowed_methods, reason = "an agenda has no order")]
    fn agenda(&self) -> Result<Vec<Agenda>, StoreError> {
        let tables = self.tables();
        let agenda = tables.executions.values().map(|stored| Agenda {
            execution: stored.spec.id,
            runnable: stored.standing.runnable,
            due: stored.standing.due,
            unreported: stored.standing.unreported,
        });
        Ok(agenda.filter(|agenda| agenda.runnable || agenda.due.is_some() || agenda.unreported).collect())
    }

    #[expect(clippy::disallowed_methods, reason = "the list is sorted afterwards")]
    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        let tables = self.tables();
        let wanted = |stored: &&Stored| {
            query.function.as_ref().is_none_or(|function| *function == stored.spec.function)
                && query.status.is_none_or(|status| status == stored.standing.status)
        };
        let mut found: Vec<_> = tables.executions.values().filter(wanted).map(summary).collect();
        found.sort_by_key(|summary| std::cmp::Reverse(summary.id));
        found.truncate(query.limit_or_default() as usize);
        Ok(found)
    }

    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError> {
        let mut tables = self.tables();
        for id in executions {
            if tables.executions.get(id).is_some_and(|stored| stored.standing.status.is_terminal()) {
                tables.executions.remove(id);
                tables.names.retain(|_, named| named != id);
                tables.callbacks.retain(|_, (execution, _)| execution != id);
            }
        }
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the list is sorted afterwards")]
    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        let tables = self.tables();
        let ended = tables.executions.values().filter_map(|stored| Some((stored.standing.ended?, stored.spec.id)));
        let mut ended: Vec<_> = ended.filter(|(ended, _)| *ended < time).collect();
        ended.sort();
        Ok(ended.into_iter().take(limit as usize).map(|(_, id)| id).collect())
    }

    fn callback_key(&self) -> CallbackKey {
        self.key.clone()
    }
}

impl Tables {
    fn commit(&mut self, commit: &Commit) -> Committed {
        let Commit { execution, row, create, standing, callbacks } = commit;
        if let (Some(spec), Some(standing)) = (create, standing) {
            let name = (spec.function.clone(), spec.name.clone());
            if self.names.contains_key(&name) {
                return Committed::NameTaken;
            }
            self.names.insert(name, *execution);
            let stored = Stored { spec: spec.clone(), standing: *standing, records: Vec::new(), next_position: 0 };
            self.executions.insert(*execution, stored);
        }
        let Some(stored) = self.executions.get_mut(execution) else { return Committed::Fenced };
        if let Some(Row { position, records }) = row {
            if stored.next_position != *position {
                return Committed::Fenced;
            }
            stored.next_position += 1;
            stored.records.extend(records.iter().cloned());
        }
        if let Some(standing) = standing {
            stored.standing = *standing;
        }
        for (hash, operation) in callbacks {
            self.callbacks.insert(*hash, (*execution, operation.clone()));
        }
        Committed::Done
    }
}

fn summary(stored: &Stored) -> Summary {
    Summary {
        id: stored.spec.id,
        function: stored.spec.function.clone(),
        name: stored.spec.name.clone(),
        status: stored.standing.status,
        started: stored.standing.started,
        ended: stored.standing.ended,
    }
}
