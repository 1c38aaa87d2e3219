//! A store file, read without a service.

use std::path::Path;

use durable_core::engine::Described;
use durable_core::model::{Clock, ExecutionId, SystemClock};
use durable_core::store::{Cursor, Query, SqliteReader, Stored, Summary, WaitingOn};
use durable_server::body::{Callbacks, Execution, Executions};
use durable_server::{Arns, is_meant, meanings};
use durable_wire::api::{DurableExecution, HistoryPage};

use super::Filter;
use crate::failure::Failure;

/// How many executions are looked at for callbacks at once.
const PAGE: u32 = 1_000;

/// A store file that is only read. Its executions have the ARNs that a service gives them if nothing else is said.
#[derive(Debug)]
pub(crate) struct File {
    reader: SqliteReader,
    arns: Arns,
}

impl File {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            return Err(Failure::NotFound(format!("there is no file {}", path.display())));
        }
        Ok(Self { reader: SqliteReader::open(path)?, arns: Arns::default() })
    }

    pub(crate) fn list(&self, filter: &Filter, limit: u32, cursor: Option<&str>) -> Result<Executions, Failure> {
        let (found, next_cursor) = self.page(filter.to_query(SystemClock.now()), limit, cursor)?;
        Ok(Executions { executions: found.iter().map(|summary| self.arns.listed(summary)).collect(), next_cursor })
    }

    pub(crate) fn callbacks(&self, function: Option<&str>, cursor: Option<&str>) -> Result<Callbacks, Failure> {
        let mut query = Query::new().waiting_on(WaitingOn::Callback);
        query.function = function.map(str::to_owned);
        let (waiting, next_cursor) = self.page(query, PAGE, cursor)?;
        let mut callbacks = Vec::new();
        for summary in &waiting {
            // One that has been deleted meanwhile waits for nothing.
            let history = self.reader.load(summary.id)?.map(Stored::into_events).unwrap_or_default();
            callbacks.extend(self.arns.open_callbacks(summary, history));
        }
        Ok(Callbacks { callbacks, next_cursor })
    }

    /// A page of a list, and where the next one begins.
    fn page(&self, query: Query, limit: u32, cursor: Option<&str>) -> Result<(Vec<Summary>, Option<String>), Failure> {
        let mut query = query.limit(limit.saturating_add(1));
        if let Some(cursor) = cursor {
            let cursor: Cursor =
                cursor.parse().map_err(|_| Failure::Usage(format!("`{cursor}` is no place in a list")))?;
            query = query.after(cursor);
        }
        let mut found = self.reader.list(&query)?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|last| last.cursor().to_string());
        Ok((found, next))
    }

    pub(crate) fn find(&self, word: &str, function: Option<&str>) -> Result<Vec<Execution>, Failure> {
        for query in meanings(word, function) {
            let mut found = self.reader.list(&query)?;
            found.retain(|summary| is_meant(&self.arns, word, summary));
            if !found.is_empty() {
                return Ok(found.iter().map(|summary| self.arns.listed(summary)).collect());
            }
        }
        Ok(Vec::new())
    }

    pub(crate) fn describe(&self, arn: &str) -> Result<DurableExecution, Failure> {
        Ok(self.arns.shown(Described::from(self.load(arn)?), true))
    }

    pub(crate) fn history(&self, arn: &str) -> Result<HistoryPage, Failure> {
        let events = self.load(arn)?.into_events().into_iter();
        let events = events.filter_map(|event| self.arns.shown_event(event, true)).collect();
        Ok(HistoryPage { events, next_marker: None })
    }

    fn load(&self, arn: &str) -> Result<Stored, Failure> {
        let gone = || Failure::NotFound(format!("there is no execution `{arn}`"));
        let id: ExecutionId = arn.rsplit('/').next().and_then(|id| id.parse().ok()).ok_or_else(gone)?;
        self.reader.load(id)?.ok_or_else(gone)
    }
}
