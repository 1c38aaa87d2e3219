//! The embedded store: one SQLite file.
//!
//! The file is in WAL mode with `synchronous=FULL`: a commit is on the disk when it is answered. There is one writing
//! connection and a few reading ones. Next to the file lie SQLite's `-wal` and `-shm`, a `-lock` that keeps a second
//! engine away, a `-key` that callback ids are derived from, and `-running`, where the engine notes what it runs; all are
//! readable by their owner only.

mod columns;
mod copying;
mod damage;
mod error;
mod files;
mod list;
mod look;
mod read;
mod readers;
mod reading;
mod room;
mod schema;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

#[cfg(test)]
pub(super) use list::explain;
pub use look::SqliteReader;

use copying::Copying;
use damage::Damage;
use readers::Readers;
use reading::Reading;
use room::Room;

use super::{Commit, Committed, Due, Glance, LogEnd, Query, Store, StoreError, Stored, Summary, Trouble};
use crate::model::{ExecutionId, Name, OperationId, Timestamp};
use crate::service::CallbackKey;

/// How a store file is opened.
///
/// See [`SqliteStore`] for an example.
#[derive(Debug, Clone, Default)]
pub struct SqliteOptions {
    /// The most bytes that the file may have; a commit beyond that fails with [`StoreError::Full`].
    pub max_bytes: Option<u64>,
    /// What a power failure may take.
    pub durability: Durability,
}

/// What a power failure, or a crash of the operating system, may take. The end of the process takes nothing either way.
///
/// See [`EngineBuilder::durability`](crate::engine::EngineBuilder::durability) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Nothing: each commit is on the disk before it is answered (`synchronous=FULL`).
    #[default]
    Full,
    /// The last commits, also answered ones, but never one without all that came after it (`synchronous=NORMAL`). Steps
    /// whose record is lost run again, so their effects may happen twice. Several times as fast.
    Relaxed,
}

/// Keeps executions in a SQLite file.
///
/// ```
/// use std::sync::Arc;
///
/// use durable::prelude::*;
/// use durable::store::{SqliteOptions, SqliteStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("orders.db");
/// // What `Engine::open(path)` does.
/// let store = SqliteStore::open(&path, SqliteOptions::default())?;
/// let engine = Engine::on_store(Arc::new(store)).start().await?;
/// engine.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    key: CallbackKey,
    was_left_open: bool,
    writing: Mutex<Writing>,
    reading: Arc<Reading>,
    /// Holds the lock for as long as the store is open.
    _lock: std::fs::File,
}

/// The connection that writes.
#[derive(Debug)]
struct Writing {
    /// `None` after a failed commit, until the next use opens the file anew.
    connection: Option<Connection>,
    copying: Copying,
    room: Room,
}

impl SqliteStore {
    /// Opens a store file, and creates it if there is none.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        schema::require_safe_sqlite()?;
        let path = path.as_ref().to_path_buf();
        let lock = files::lock(&path)?;
        files::create(&path)?;
        let mut writer = schema::connect_to_write(&path, &options)?;
        schema::prepare(&mut writer, &path)?;
        let key = files::key(&path, &writer)?;
        let was_left_open = schema::begin_use(&writer).map_err(|error| error::classify(&path, &error))?;
        let writing = Writing { connection: Some(writer), copying: Copying::default(), room: Room::default() };
        let reading = Reading { path, options, readers: Readers::default(), damage: Damage::default() };
        Ok(Self { key, was_left_open, writing: Mutex::new(writing), reading: Arc::new(reading), _lock: lock })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.reading.path
    }

    /// Writes on the one connection for that.
    fn write<T>(&self, write: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut writing = guard(&self.writing);
        let Writing { connection: kept, copying, room } = &mut *writing;
        let connection = match kept.take() {
            Some(connection) => connection,
            None => self.reading.connect(schema::connect_to_write)?,
        };
        match write(&connection) {
            Ok(result) => {
                if let Some(logged) = copying::logged() {
                    room.keep(&self.reading.path, logged);
                    copying.committed(&connection, &self.reading, logged);
                }
                *kept = Some(connection);
                Ok(result)
            }
            Err(error) => {
                // Whether a failed commit happened is unknown, and connections that were open at the time may show
                // the wrong answer. All are closed; the file alone knows.
                copying.wait();
                room.forget();
                self.reading.readers.close_all();
                drop(connection);
                // Others may go on while the file is looked at.
                drop(writing);
                Err(self.reading.meant_by(&error))
            }
        }
    }

    /// Reads on a connection of its own.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.reading.read(read)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The file is closed when this returns, and another engine may open it.
        guard(&self.writing).copying.wait();
    }
}

impl Store for SqliteStore {
    fn commit(&self, commits: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        self.write(|connection| write::commit(connection, commits))
    }

    fn delete(&self, executions: &[ExecutionId]) -> Result<(), StoreError> {
        self.write(|connection| write::delete(connection, executions))
    }

    fn ended_before(&self, time: Timestamp, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.read(|connection| read::ended_before(connection, time, limit))
    }

    fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        let Some((stored, logs)) = self.read(|connection| read::load(connection, id))? else { return Ok(None) };
        read::decode(id, stored, &logs).map(Some)
    }

    fn find(&self, function: &Name, name: &Name) -> Result<Option<ExecutionId>, StoreError> {
        self.read(|connection| read::find(connection, function, name))
    }

    fn find_callback(&self, hash: &[u8; 32]) -> Result<Option<(ExecutionId, OperationId)>, StoreError> {
        self.read(|connection| read::find_callback(connection, hash))
    }

    fn glance(&self, id: ExecutionId, end: LogEnd) -> Result<Option<Glance>, StoreError> {
        let found = self.read(|connection| read::glance(connection, id, end))?;
        let Some((glance, position, text)) = found else { return Ok(None) };
        Ok(Some(Glance { row: read::decode_row(id, &text, position)?, ..glance }))
    }

    fn runnable(&self, after: Option<ExecutionId>, limit: u32) -> Result<Vec<ExecutionId>, StoreError> {
        self.read(|connection| read::runnable(connection, after, limit))
    }

    fn due(&self, after: Option<Due>, limit: u32) -> Result<Vec<Due>, StoreError> {
        self.read(|connection| read::due(connection, after, limit))
    }

    fn stranded(&self) -> Result<Vec<ExecutionId>, StoreError> {
        self.read(read::stranded)
    }

    fn troubles(&self) -> Result<Vec<(ExecutionId, Trouble)>, StoreError> {
        self.read(read::troubles)
    }

    fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        self.read(|connection| list::list(connection, query))
    }

    fn was_left_open(&self) -> bool {
        self.was_left_open
    }

    fn close(&self) -> Result<(), StoreError> {
        self.write(|connection| schema::set_open(connection, false))
    }

    fn beside(&self, suffix: &str) -> Option<PathBuf> {
        Some(files::beside(&self.reading.path, suffix))
    }

    fn callback_key(&self) -> CallbackKey {
        self.key.clone()
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
