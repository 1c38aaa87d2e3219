//! Where executions are kept.
//!
//! A store keeps, for each execution, what it is ([`Spec`]), where it stands ([`Standing`]) and a log of records, in
//! rows of one checkpoint each. [`MemoryStore`] forgets them with the process; [`SqliteStore`] does not.

mod error;
mod memory;
mod query;
mod sqlite;
#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use memory::MemoryStore;
pub use query::{Cursor, InvalidCursor, Query, Summary, WaitingOn};
pub use sqlite::{Durability, SqliteOptions, SqliteReader, SqliteStore};

use std::path::PathBuf;

use crate::model::{Event, ExecutionId, Name, OperationId, Timestamp};
use crate::service::{CallbackKey, Record, Spec, Standing};

/// Keeps executions. All methods may block; the engine calls them from threads of its own.
///
/// ```
/// use std::sync::Arc;
///
/// use durable::prelude::*;
/// use durable::store::{MemoryStore, Query, Store};
///
/// #[durable]
/// async fn place_order(cups: u32) -> u32 {
///     cups
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Arc::new(MemoryStore::new()?);
/// let engine = Engine::on_store(store.clone()).register(place_order).start().await?;
/// let run = engine.start(place_order(2)).await?;
/// run.output().await?;
/// assert_eq!(store.list(&Query::new())?.len(), 1);
///
/// // What is kept of it: what it is, where it stands, and its log.
/// let stored = store.load(run.id())?.ok_or("it is gone")?;
/// assert!(stored.standing.ended.is_some());
/// println!("{} rows, with {} records", stored.next_position, stored.records.len());
/// # Ok(())
/// # }
/// ```
pub trait Store: Send + Sync + 'static {
    /// Applies commits in their order, as one write.
    ///
    /// When this returns `Ok`, every commit answered with [`Committed::Done`] is durable as far as the store goes, and
    /// the others changed nothing. After an `Err` nothing is known: each commit is there as a whole or not at all, and
    /// only reading it again tells.
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError>;

    /// An execution and its log.
    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError>;

    /// The execution of this function that has this name.
    fn find(&self, function: &Name, name: &Name) -> Result<Option<ExecutionId>, StoreError>;

    /// The operation that opened the callback whose id has this hash.
    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError>;

    /// Where an execution stands, and one row of its log: what is cheap to read however long the log is.
    fn glance(&self, id: ExecutionId, end: LogEnd) -> Result<Option<Glance>, StoreError>;

    /// Executions that should run, or have ended without the operation that started them knowing it: in the order of
    /// their ids, from the one after `after` on, at most so many.
    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError>;

    /// Executions to which something happens by itself, the soonest first, from the one after `after` on, at most so
    /// many.
    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError>;

    /// Running executions that nothing will ever wake: no run, no timer, no open callback, no running child. There
    /// are none, unless something is broken.
    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError>;

    /// What keeps executions from going on.
    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError>;

    /// Executions, newest first.
    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError>;

    /// Deletes executions with everything that belongs to them, as one write. Those that have not ended stay, and those
    /// whose end the operation that started them does not know yet.
    ///
    /// When this returns, they are gone for good and their names are free.
    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError>;

    /// Executions that ended before this time and have nobody to tell, oldest end first, at most so many.
    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError>;

    /// Whether the process that used the store before ended without closing it.
    fn was_left_open(&self) -> bool;

    /// Notes that the store is closed in peace; nothing is done with it afterwards.
    fn close(&self) -> Result<(), StoreError>;

    /// Where the engine keeps a small file of its own; `None` if the store is not a file.
    fn beside(&self, suffix: &str) -> Option<PathBuf>;

    /// The secret that callback ids are derived from; the same for as long as the store exists.
    fn callback_key(&self) -> CallbackKey;
}

/// One checkpoint of one execution.
///
/// See [`Store`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Whose.
    pub execution: ExecutionId,
    /// What happened; nothing if only the standing changes.
    pub row: Option<Row>,
    /// What the execution is; only with the first row.
    pub create: Option<Spec>,
    /// Where the execution stands now, unless that is unchanged.
    pub standing: Option<Standing>,
    /// Callbacks that were opened, by the hash of their id.
    pub callbacks: Vec<([u8; 32], OperationId)>,
    /// What keeps the execution from going on, unless that is unchanged.
    pub trouble: Option<Trouble>,
}

impl Commit {
    /// A commit that changes nothing yet.
    pub const fn new(execution: ExecutionId) -> Self {
        Self { execution, row: None, create: None, standing: None, callbacks: Vec::new(), trouble: None }
    }
}

/// What keeps an execution from going on; nothing by default.
///
/// See [`Store`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trouble {
    /// How many processes in a row ended while they ran it, before it made any progress.
    pub crashes: u32,
    /// How many of them were seen running it when they ended.
    pub seen: u32,
    /// Why it is not driven any more.
    pub parked: Option<String>,
}

/// When something happens by itself, and to which execution.
///
/// See [`Store`] for an example.
pub type Due = (Timestamp, ExecutionId);

/// One row of an execution's log.
///
/// See [`Store`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// 0 for the first row, then one more each. A number that is taken means that someone else drives the execution.
    pub position: u32,
    /// What happened.
    pub records: Vec<Record>,
}

/// What became of a commit.
///
/// See [`Store`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is stored.
    Done,
    /// Another execution of the function has the name.
    NameTaken,
    /// The row's number is taken: someone else drives the execution.
    Fenced,
}

/// An execution without its history.
///
/// See [`Store`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// The durable function that it runs.
    pub function: Name,
    /// Where it stands.
    pub standing: Standing,
    /// The row at that end of its log; of a store that keeps no rows, the record there.
    pub row: Vec<Record>,
}

/// An end of an execution's log.
///
/// See [`Store`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEnd {
    /// The first row, which begins with the execution's start.
    First,
    /// The last row, which ends with the execution's end if it has one.
    Last,
}

/// An execution as it is stored.
///
/// See [`Store`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// What it is.
    pub spec: Spec,
    /// Where it stands.
    pub standing: Standing,
    /// Its log.
    pub records: Vec<Record>,
    /// The number of the next row in its log.
    pub next_position: u32,
}

impl Stored {
    /// Its history, oldest event first; without the ids of callbacks, which only the store's key gives.
    pub fn into_events(self) -> Vec<Event> {
        let event = |record| match record {
            Record::Event(event) => Some(event),
            _ => None,
        };
        self.records.into_iter().filter_map(event).collect()
    }
}
