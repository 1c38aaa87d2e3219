//! Room in the log file, before it is needed.
//!
//! A commit that makes a file longer has the file system note that too, which takes a disk about as long as the commit
//! itself. So the log file is made longer by many pages at once, with zeros. SQLite takes nothing there for a commit: each
//! has a checksum, and begins with a number that is never zero.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::files;
use super::schema::PAGE_BYTES;

/// How many bytes a page has in the log, with what stands before it.
pub(super) const FRAME: u64 = 24 + PAGE_BYTES;
/// By how many pages the log file is made longer.
const PAGES: u64 = 64;
/// How many pages a commit may have, for the next one to find room. A larger one makes its own.
const USUAL: u64 = 8;

/// How much room the log file has.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The file, and its length in bytes. Nothing before the first commit, as SQLite makes the file then.
    log: Option<(File, u64)>,
}

impl Room {
    /// Sees to it that the next commit finds room, when the log has so many pages.
    ///
    /// It is no harm if that can't be: SQLite makes its own room then.
    pub(super) fn keep(&mut self, store: &Path, logged: u32) {
        let used = (u64::from(logged) + USUAL) * FRAME;
        if self.log.as_ref().is_some_and(|(_, length)| used <= *length) {
            return;
        }
        self.log = self.log.take().map_or_else(|| open(store), Ok).and_then(|(file, _)| lengthen(file, used)).ok();
    }

    /// Forgets the file: it may be another one from now on.
    pub(super) fn forget(&mut self) {
        self.log = None;
    }
}

fn open(store: &Path) -> std::io::Result<(File, u64)> {
    // At its end is where zeros may stand, wherever that is by now.
    let file = OpenOptions::new().append(true).open(files::beside(store, "-wal"))?;
    Ok((file, 0))
}

fn lengthen(mut file: File, used: u64) -> std::io::Result<(File, u64)> {
    let mut length = file.metadata()?.len();
    if length < used {
        let zeros = vec![0; usize::try_from(used - length + PAGES * FRAME).unwrap_or_default()];
        file.write_all(&zeros)?;
        length += zeros.len() as u64;
    }
    Ok((file, length))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rusqlite::Connection;

    use crate::store::sqlite::files;
    use crate::store::{SqliteOptions, SqliteStore};

    #[test]
    fn the_log_file_grows_by_many_pages_at_once_and_what_is_behind_it_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        let commits = 100_u32;
        let mut lengths = BTreeSet::new();
        for number in 0..commits {
            let sql = "INSERT INTO log (execution, position, records) VALUES (x'00', ?1, 'text')";
            store.write(|connection| connection.prepare_cached(sql)?.execute([number])).unwrap();
            lengths.insert(std::fs::metadata(files::beside(&path, "-wal")).unwrap().len());
        }
        assert!(lengths.len() < 10, "{lengths:?}");

        // What a process that is killed now leaves behind.
        let left = folder.path().join("left.db");
        for suffix in ["", "-wal"] {
            std::fs::copy(files::beside(&path, suffix), files::beside(&left, suffix)).unwrap();
        }
        let found = Connection::open(left).unwrap();
        let count = found.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, u32>(0)).unwrap();
        assert_eq!(count, commits);
        assert_eq!(found.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    }
}
