//! A store that lives as long as the process: for tests and trials.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    Commit, Committed, Cursor, Due, Glance, LogEnd, Query, Row, Standing, Store, StoreError, Stored, Summary, Trouble,
    WaitingOn,
};
use crate::model::{ExecutionId, ExecutionStatus, Name, OperationId, Timestamp};
use crate::service::CallbackKey;

/// Keeps executions in memory.
///
/// See [`Store`](super::Store) for an example.
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
    troubles: BTreeMap<ExecutionId, Trouble>,
}

impl MemoryStore {
    /// An empty store.
    ///
    /// **Errors:** [`StoreError::Io`] if the system has no randomness for the key of its callbacks.
    pub fn new() -> Result<Self, StoreError> {
        let key = CallbackKey::generate()
            .map_err(|error| StoreError::Io { path: "memory".into(), reason: error.to_string() })?;
        Ok(Self { key, tables: Mutex::default() })
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `choose` gives for the executions, in order.
    #[expect(clippy::disallowed_methods, reason = "what is found is sorted")]
    fn select<T: Ord>(&self, choose: impl FnMut(&Stored) -> Option<T>) -> Vec<T> {
        let mut chosen: Vec<_> = self.tables().executions.values().filter_map(choose).collect();
        chosen.sort();
        chosen
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

    fn glance(&self, id: ExecutionId, end: LogEnd) -> Result<Option<Glance>, StoreError> {
        let glance = |stored: &Stored| {
            let record = match end {
                LogEnd::First => stored.records.first(),
                LogEnd::Last => stored.records.last(),
            };
            let row = record.cloned().into_iter().collect();
            Glance { function: stored.spec.function.clone(), standing: stored.standing, row }
        };
        Ok(self.tables().executions.get(&id).map(glance))
    }

    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        let runnable = self.select(|stored| {
            let Standing { runnable, unreported, .. } = stored.standing;
            let id = stored.spec.id;
            ((runnable || unreported) && after.is_none_or(|after| id > after)).then_some(id)
        });
        Ok(runnable.into_iter().take(limit as usize).collect())
    }

    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError> {
        let due = self.select(|stored| {
            let due = (stored.standing.due?, stored.spec.id);
            after.is_none_or(|after| due > after).then_some(due)
        });
        Ok(due.into_iter().take(limit as usize).collect())
    }

    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError> {
        let calling: BTreeSet<_> = self
            .select(|stored| {
                let open = stored.standing.ended.is_none() || stored.standing.unreported;
                stored.spec.parent.as_ref().filter(|_| open).map(|parent| parent.execution)
            })
            .into_iter()
            .collect();
        Ok(self.select(|stored| {
            let Standing { status, due, runnable, waits, .. } = stored.standing;
            let id = stored.spec.id;
            let stranded = status == ExecutionStatus::Running
                && !runnable
                && due.is_none()
                && !waits.callback
                && !(waits.child && calling.contains(&id));
            stranded.then_some(id)
        }))
    }

    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError> {
        Ok(self.tables().troubles.iter().map(|(id, trouble)| (*id, trouble.clone())).collect())
    }

    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        let troubles = self.tables().troubles.clone();
        let wanted = self.select(|stored| {
            let summary = summary(stored, troubles.get(&stored.spec.id));
            is_wanted(query, stored, &summary).then(|| Reverse(summary.cursor()))
        });
        let tables = self.tables();
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        if query.oldest_first {
            wanted.reverse();
        }
        let listed = wanted.into_iter().take(query.limit_or_default() as usize);
        let listed = listed.filter_map(|Reverse(Cursor { id, .. })| tables.executions.get(&id));
        Ok(listed.map(|stored| summary(stored, troubles.get(&stored.spec.id))).collect())
    }

    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError> {
        let mut tables = self.tables();
        for id in executions {
            let is_over = |stored: &Stored| stored.standing.status.is_terminal() && !stored.standing.unreported;
            if tables.executions.get(id).is_some_and(is_over) {
                tables.executions.remove(id);
                tables.troubles.remove(id);
                tables.names.retain(|_, named| named != id);
                tables.callbacks.retain(|_, (execution, _)| execution != id);
            }
        }
        Ok(())
    }

    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        let ended = self.select(|stored| {
            let ended = stored.standing.ended.filter(|ended| *ended < time && !stored.standing.unreported)?;
            Some((ended, stored.spec.id))
        });
        Ok(ended.into_iter().take(limit as usize).map(|(_, id)| id).collect())
    }

    fn was_left_open(&self) -> bool {
        false
    }

    fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn beside(&self, _: &str) -> Option<PathBuf> {
        None
    }

    fn callback_key(&self) -> CallbackKey {
        self.key.clone()
    }
}

impl Tables {
    fn commit(&mut self, commit: &Commit) -> Committed {
        let Commit { execution, row, create, standing, callbacks, trouble } = commit;
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
        match trouble {
            Some(trouble) if *trouble != Trouble::default() => {
                self.troubles.insert(*execution, trouble.clone());
            }
            Some(_) => {
                self.troubles.remove(execution);
            }
            None => {}
        }
        for (hash, operation) in callbacks {
            self.callbacks.insert(*hash, (*execution, operation.clone()));
        }
        Committed::Done
    }
}

fn summary(stored: &Stored, trouble: Option<&Trouble>) -> Summary {
    Summary {
        id: stored.spec.id,
        function: stored.spec.function.clone(),
        name: stored.spec.name.clone(),
        version: stored.spec.version.clone(),
        status: stored.standing.status,
        started: stored.standing.started,
        ended: stored.standing.ended,
        due: stored.standing.due,
        parked: trouble.and_then(|trouble| trouble.parked.clone()),
    }
}

fn is_wanted(query: &Query, stored: &Stored, summary: &Summary) -> bool {
    let Query { function, statuses, name, version, id_suffix, name_prefix, .. } = query;
    let Query { started_from, started_before, waiting_on, parked, after, oldest_first, .. } = query;
    let waits = stored.standing.waits;
    function.as_ref().is_none_or(|function| *function == summary.function.as_str())
        && (statuses.is_empty() || statuses.contains(&summary.status))
        && name.as_ref().is_none_or(|name| *name == summary.name.as_str())
        && (version.is_none() || *version == summary.version)
        && id_suffix.as_ref().is_none_or(|suffix| summary.id.to_string().replace('-', "").ends_with(suffix))
        && name_prefix.as_ref().is_none_or(|prefix| summary.name.as_str().starts_with(prefix))
        && started_from.is_none_or(|from| summary.started >= from)
        && started_before.is_none_or(|before| summary.started < before)
        && waiting_on.is_none_or(|on| match on {
            WaitingOn::Timer => waits.timer,
            WaitingOn::Callback => waits.callback,
            WaitingOn::Child => waits.child,
        })
        && (!parked || summary.parked.is_some())
        && after.is_none_or(|after: Cursor| match oldest_first {
            true => summary.cursor() > after,
            false => summary.cursor() < after,
        })
}
