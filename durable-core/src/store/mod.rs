//! Where executions are kept.
//!
//! A store keeps, for each execution, what it is ([`Spec`]), where it stands ([`Standing`]) and a log of records, in
//! rows of one checkpoint each. [`MemoryStore`] forgets them with the process; [`SqliteStore`] does not.

mod error;
mod memory;
mod sqlite;
#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use memory::MemoryStore;
pub use sqlite::{SqliteOptions, SqliteStore};

use crate::model::{ExecutionId, ExecutionStatus, Name, OperationId, Timestamp};
use crate::service::{CallbackKey, Record, Spec, Standing};

/// Keeps executions. All methods may block; the engine calls them from threads of its own.
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

    /// What is to be done: who should run, whose time comes when, and whose end is still to be told.
    fn agenda(&self) -> Result<Vec<Agenda>, StoreError>;

    /// Executions, newest first.
    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError>;

    /// Deletes executions with everything that belongs to them, as one write. Those that have not ended stay.
    ///
    /// When this returns, they are gone for good and their names are free.
    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError>;

    /// Executions that ended before this time, oldest end first, at most so many.
    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError>;

    /// The secret that callback ids are derived from; the same for as long as the store exists.
    fn callback_key(&self) -> CallbackKey;
}

/// One checkpoint of one execution.
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
}

/// One row of an execution's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// 0 for the first row, then one more each. A number that is taken means that someone else drives the execution.
    pub position: u32,
    /// What happened.
    pub records: Vec<Record>,
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is stored.
    Done,
    /// Another execution of the function has the name.
    NameTaken,
    /// The row's number is taken: someone else drives the execution.
    Fenced,
}

/// An execution as it is stored.
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

/// What is to be done for an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agenda {
    /// Which execution.
    pub execution: ExecutionId,
    /// Whether it should run now.
    pub runnable: bool,
    /// When something happens by itself.
    pub due: Option<Timestamp>,
    /// Whether it has ended and whoever started it does not know yet.
    pub unreported: bool,
}

/// Which executions to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Only of this function.
    pub function: Option<Name>,
    /// Only those that stand here.
    pub status: Option<ExecutionStatus>,
    /// At most so many; 100 if not said.
    pub limit: Option<u32>,
}

impl Query {
    pub(crate) fn limit_or_default(&self) -> u32 {
        self.limit.unwrap_or(100)
    }
}

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id.
    pub id: ExecutionId,
    /// Its function.
    pub function: Name,
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}
