//! A look into a store file: nothing is written, and an engine may have it open.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::Connection;

use super::{error, guard, list, read, schema};
use crate::model::ExecutionId;
use crate::store::{Query, StoreError, Stored, Summary};

/// A store file that is only read, also while an engine has it open.
///
/// The ids of callbacks are not in the file, so nobody completes a callback with what is read here.
///
/// ```
/// use durable::prelude::*;
/// use durable::Query;
/// use durable::store::SqliteReader;
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("orders.db");
/// let engine = Engine::open(&path).register(order).start().await?;
/// engine.start(order(21)).name("order-42").await?.output().await?;
///
/// let reader = SqliteReader::open(&path)?;
/// let found = reader.list(&Query::new().name("order-42"))?;
/// assert_eq!(found[0].id, engine.find("order", "order-42").await?.unwrap());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteReader {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl SqliteReader {
    /// Opens a store file that exists.
    ///
    /// **Errors:** there is no such file, or it is not a store that this release reads.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        schema::require_safe_sqlite()?;
        let path = path.as_ref().to_path_buf();
        let connection = schema::connect_to_look(&path)?;
        schema::require_readable(&connection, &path)?;
        Ok(Self { path, connection: Mutex::new(connection) })
    }

    /// Executions, as [`Store::list`](crate::store::Store::list) has them.
    ///
    /// **Errors:** the file can't be read.
    pub fn list(&self, query: &Query) -> Result<Vec<Summary>, StoreError> {
        self.read(|connection| list::list(connection, query))
    }

    /// An execution and its log; `None` if there is none of this id.
    ///
    /// **Errors:** the file can't be read, or the log is damaged.
    pub fn load(&self, id: ExecutionId) -> Result<Option<Stored>, StoreError> {
        let Some((stored, logs)) = self.read(|connection| read::load(connection, id))? else { return Ok(None) };
        read::decode(id, stored, &logs).map(Some)
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        read(&guard(&self.connection)).map_err(|error| error::classify(&self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SqliteOptions, SqliteStore};
    use super::*;

    #[test]
    fn what_is_no_store_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing.db");
        assert!(matches!(SqliteReader::open(&missing), Err(StoreError::Io { .. })));
        assert!(!missing.exists(), "looking creates nothing");
        let text = directory.path().join("text.db");
        std::fs::write(&text, "milk, bread and a good deal more of what is no database at all").unwrap();
        assert!(matches!(SqliteReader::open(&text), Err(StoreError::NotAStore { .. })));
        let empty = directory.path().join("empty.db");
        std::fs::write(&empty, "").unwrap();
        assert!(matches!(SqliteReader::open(&empty), Err(StoreError::NotAStore { .. })));
    }

    #[test]
    fn a_store_is_read_while_it_is_open_and_after() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        let reader = SqliteReader::open(&path).unwrap();
        assert_eq!(reader.list(&Query::new()).unwrap(), []);
        assert_eq!(reader.load(ExecutionId::generate()).unwrap(), None);
        let writes = reader.read(|connection| connection.execute("UPDATE use SET open = 1", []));
        assert!(writes.is_err(), "nothing can be written");
        drop((store, reader));
        SqliteReader::open(&path).unwrap();
    }
}
