//! The tables, and how a connection is set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::classify;
use super::{Durability, SqliteOptions, copying};
use crate::store::StoreError;

/// Marks a file as ours: "dura" in ASCII.
const APPLICATION_ID: u32 = 0x6475_7261;
/// The format that this release writes.
const FORMAT: u32 = 1;
/// SQLite before this one can damage a WAL file.
const SAFE_SQLITE: i32 = 3_051_003;
pub(super) const PAGE_BYTES: u64 = 4096;

/// `log` holds one row for each checkpoint; its records are JSON so that a person can read them. Rows lie in the order in
/// which they were written, and not by execution: what many executions write together then is on few pages, and each page
/// is written to the disk anew.
const TABLES: &str = "
    CREATE TABLE execution (
        id BLOB PRIMARY KEY,
        function TEXT NOT NULL,
        name TEXT NOT NULL,
        version TEXT,
        status TEXT NOT NULL,
        started INTEGER NOT NULL,
        ended INTEGER,
        due INTEGER,
        runnable INTEGER NOT NULL,
        unreported INTEGER NOT NULL,
        waits_timer INTEGER NOT NULL,
        waits_callback INTEGER NOT NULL,
        waits_child INTEGER NOT NULL,
        tenant TEXT,
        parent BLOB,
        parent_operation TEXT,
        UNIQUE (function, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX execution_due ON execution (due) WHERE due IS NOT NULL;
    CREATE INDEX execution_ended ON execution (ended) WHERE ended IS NOT NULL;
    CREATE INDEX execution_runnable ON execution (id) WHERE runnable;
    CREATE INDEX execution_unreported ON execution (id) WHERE unreported;
    CREATE INDEX execution_started ON execution (started);
    CREATE INDEX execution_function ON execution (function, started);
    CREATE INDEX execution_status ON execution (status, started);
    CREATE INDEX execution_status_function ON execution (status, function, started);
    CREATE INDEX execution_waits_timer ON execution (started) WHERE waits_timer;
    CREATE INDEX execution_waits_callback ON execution (started) WHERE waits_callback;
    CREATE INDEX execution_waits_child ON execution (started) WHERE waits_child;
    CREATE INDEX execution_idle ON execution (id) WHERE status = 'running' AND NOT runnable AND due IS NULL;
    CREATE INDEX execution_parent ON execution (parent) WHERE parent IS NOT NULL;
    CREATE TABLE trouble (
        execution BLOB PRIMARY KEY,
        crashes INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        parked TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE log (
        number INTEGER PRIMARY KEY,
        execution BLOB NOT NULL,
        position INTEGER NOT NULL,
        records TEXT NOT NULL,
        UNIQUE (execution, position)
    ) STRICT;
    CREATE TABLE callback (
        hash BLOB PRIMARY KEY,
        execution BLOB NOT NULL,
        operation TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX callback_execution ON callback (execution);
    CREATE TABLE secret (fingerprint BLOB NOT NULL) STRICT;
    CREATE TABLE use (open INTEGER NOT NULL) STRICT;
    INSERT INTO use VALUES (0);
";

pub(super) fn require_safe_sqlite() -> Result<(), StoreError> {
    if rusqlite::version_number() < SAFE_SQLITE {
        return Err(StoreError::OldSqlite { found: rusqlite::version().to_owned() });
    }
    Ok(())
}

/// The connection to a file that exists, for all writes.
pub(super) fn connect_to_write(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = connect(path, options)?;
    copying::watch(&connection);
    Ok(connection)
}

/// A connection to a file that exists.
fn connect(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = match options.durability {
            Durability::Full => "FULL",
            Durability::Relaxed => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        if let Some(bytes) = options.max_bytes {
            let pages = i64::try_from(bytes / PAGE_BYTES).unwrap_or(i64::MAX);
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        connection.set_prepared_statement_cache_capacity(32);
        Ok(connection)
    };
    connect().map_err(|error| classify(path, &error))
}

/// The page cache of a connection that reads, in KiB: what most reads share, the file's top pages, and little more, as
/// each connection has its own and the system keeps the rest.
const READING_CACHE_KIB: i64 = 512;

/// The same for a connection that only reads.
pub(super) fn connect_to_read(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = connect(path, options)?;
    connection.pragma_update(None, "cache_size", -READING_CACHE_KIB).map_err(|error| classify(path, &error))?;
    Ok(connection)
}

/// A connection that can't write, to a file that exists.
pub(super) fn connect_to_look(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        Ok(connection)
    };
    connect().map_err(|error| classify(path, &error))
}

/// Checks that a file is ours and not too new.
pub(super) fn require_readable(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let failed = |error: rusqlite::Error| classify(path, &error);
    let (application, format) = (pragma("application_id").map_err(failed)?, pragma("user_version").map_err(failed)?);
    match application {
        APPLICATION_ID if format > FORMAT => {
            Err(StoreError::NewerFormat { path: path.to_path_buf(), found: format, known: FORMAT })
        }
        APPLICATION_ID => Ok(()),
        _ => Err(StoreError::NotAStore { path: path.to_path_buf() }),
    }
}

/// Creates the tables in a new file, and checks that an old one is ours and not too new.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| classify(path, &error);
    let application = connection.pragma_query_value(None, "application_id", |row| row.get::<_, u32>(0));
    let objects = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, u32>(0));
    if (application.map_err(failed)?, objects.map_err(failed)?) != (0, 0) {
        return require_readable(connection, path);
    }
    let mut create = || {
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        transaction.commit()
    };
    create().map_err(failed)
}

/// Notes that the file is in use; returns whether the process before this one left it like that.
pub(super) fn begin_use(connection: &Connection) -> rusqlite::Result<bool> {
    let open = connection.query_row("SELECT open FROM use", [], |row| row.get(0))?;
    set_open(connection, true)?;
    Ok(open)
}

pub(super) fn set_open(connection: &Connection, open: bool) -> rusqlite::Result<()> {
    connection.execute("UPDATE use SET open = ?1 WHERE open <> ?1", [open]).map(|_| ())
}
