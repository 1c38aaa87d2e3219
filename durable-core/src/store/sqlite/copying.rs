//! Copies what the log file holds into the store file, beside the commits: none waits for it, but for the few that have to
//! let the log begin anew.
//!
//! SQLite copies in the middle of a commit by itself, which then takes ten times as long as any other. A copy on another
//! connection holds nobody up. Yet the log only begins anew when all of it has been copied and nobody reads it, which is
//! never as long as commits come; so the commit after a copy copies what came meanwhile, if that is little or the log has
//! grown long. A log that begins anew is worth that: a commit to a file that is long enough takes half as long.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;

use super::reading::Reading;
use crate::store::StoreError;

/// How many pages the log has that are not copied, before they are; fewer in tests, which write less.
const PAGES: u32 = if cfg!(test) { 20 } else { 1_000 };
/// How many pages a commit copies beside what it is for.
const FEW: u32 = PAGES / 4;
/// From how many pages on the log is to begin anew, however many are not copied after a copy.
const LONG: u32 = 4 * PAGES;
/// From how many pages on it has to, whatever is not copied by then.
const TOO_LONG: u32 = 4 * LONG;

const FAILED: &str = "the log file could not be copied into the store file; it grows until that is possible";

thread_local! {
    /// How many pages the log had after the commit that this thread has just made.
    static LOGGED: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Has this connection's commits note how long the log is, in the place of copying it.
pub(super) fn watch(connection: &Connection) {
    connection.wal_hook(Some(|_, pages| {
        LOGGED.set(pages.try_into().ok());
        Ok(())
    }));
}

/// How many pages the log has, if this thread has committed something since it was last asked.
pub(super) fn logged() -> Option<u32> {
    LOGGED.take()
}

/// The copy that is under way, and how far the last one came.
#[derive(Debug, Default)]
pub(super) struct Copying {
    under_way: Option<JoinHandle<Result<u32, StoreError>>>,
    copied: u32,
}

impl Copying {
    /// Looks after the log when a commit has succeeded, after which it has so many pages.
    pub(super) fn committed(&mut self, connection: &Connection, reading: &Arc<Reading>, logged: u32) {
        if logged < self.copied {
            // It has begun anew.
            self.copied = 0;
        }
        let has_ended = self.under_way.as_ref().is_some_and(JoinHandle::is_finished);
        if has_ended {
            self.wait();
        }
        let left = logged.saturating_sub(self.copied);
        if (has_ended && (left <= FEW || logged >= LONG)) || (logged >= TOO_LONG && left > 0) {
            // Two at once would be in each other's way.
            self.wait();
            match copy(connection) {
                Ok(copied) => self.copied = copied,
                Err(error) => tracing::warn!(%error, "{FAILED}"),
            }
        } else if left >= PAGES && self.under_way.is_none() {
            let reading = Arc::clone(reading);
            let copying = move || reading.read(copy);
            // Without a thread the log grows until it is too long.
            self.under_way = Builder::new().name("durable-copy".to_owned()).spawn(copying).ok();
        }
    }

    /// Returns when no copy is under way.
    pub(super) fn wait(&mut self) {
        let Some(under_way) = self.under_way.take() else { return };
        match under_way.join() {
            Ok(Ok(copied)) => self.copied = copied,
            Ok(Err(error)) => tracing::warn!(%error, "{FAILED}"),
            // A panic there has said so itself, and the next copy does what this one did not.
            Err(_) => {}
        }
    }
}

/// Copies as much as can be without waiting for anybody; returns how many pages of the log are copied.
fn copy(connection: &Connection) -> rusqlite::Result<u32> {
    let copied: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))?;
    Ok(copied.try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::Durability;
    use crate::store::sqlite::room::FRAME;
    use crate::store::{SqliteOptions, SqliteStore, Store};

    #[test]
    fn the_log_file_does_not_grow_with_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let store = SqliteStore::open(&path, SqliteOptions { durability: Durability::Relaxed, ..Default::default() });
        let store = store.unwrap();
        let rows = 10 * TOO_LONG;
        let text = "x".repeat(5_000);
        for number in 0..rows {
            let insert = |connection: &Connection| {
                let sql = "INSERT INTO log (execution, position, records) VALUES (x'00', ?1, ?2)";
                connection.prepare_cached(sql)?.execute((number, &text))
            };
            store.write(insert).unwrap();
        }
        let wal = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        // What is not copied when the log is too long, one commit more, and room for others.
        assert!(wal < FRAME * u64::from(TOO_LONG + 100), "{} pages", wal / FRAME);
        store.close().unwrap();
        drop(store);
        let kept =
            Connection::open(&path).unwrap().query_row("SELECT count(*) FROM log", [], |row| row.get::<_, u32>(0));
        assert_eq!(kept.unwrap(), rows);
    }
}
