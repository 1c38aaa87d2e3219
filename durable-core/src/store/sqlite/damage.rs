//! Whether a file that seems to be damaged is.
//!
//! Where the disk fails to read, SQLite says that the file is malformed, as it does of one that is. So the whole file is
//! looked at, twice, before anybody is told to restore a backup: what stands in it is wrong or right, and what can't be
//! read now says nothing.

use std::fs::File;
use std::io::{self, ErrorKind, Seek};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::error::classify;
use super::{files, schema};
use crate::store::StoreError;

/// Looking at the whole file takes time, so of so many errors that may be those of a failing disk one leads to it.
const SELDOM: u32 = 64;
/// How many times in a row the file has to look damaged.
const LOOKS: u32 = 2;
/// What SQLite says of pages that the disk does not give. Whatever else it says then may come of that.
const UNREAD: [&str; 2] = ["unable to get the page", "failed to get page"];

/// What is known of a file.
#[derive(Debug, Default)]
pub(super) struct Damage {
    is_certain: AtomicBool,
    doubted: AtomicU32,
    /// The file, once it has been looked at. Closing it would end the locks that this process's connections have on it, so
    /// it has to live longer than they do.
    file: Mutex<Option<File>>,
}

impl Damage {
    /// The error as it is, or that of a disk that fails if the file is not damaged as far as can be read.
    pub(super) fn judge(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Damaged { path, reason } if !self.is_certain(&path) => {
                StoreError::Io { path, reason: format!("the disk can't be read ({reason})") }
            }
            error => error,
        }
    }

    fn is_certain(&self, path: &Path) -> bool {
        if self.is_certain.load(Ordering::Relaxed) {
            return true;
        }
        if !self.doubted.fetch_add(1, Ordering::Relaxed).is_multiple_of(SELDOM) {
            return false;
        }
        let is_damaged = (0..LOOKS).all(|_| self.looks_damaged(path).unwrap_or(false));
        if is_damaged {
            self.is_certain.store(true, Ordering::Relaxed);
        }
        is_damaged
    }

    /// Whether all of the file can be read, and something in it is wrong; nothing if that can't be told.
    fn looks_damaged(&self, path: &Path) -> Option<bool> {
        let looks_damaged = match findings(path) {
            Ok(findings) => are_of_damage(&findings),
            // The schema is what is damaged, or could not be read.
            Err(error) => matches!(error, StoreError::Damaged { .. }),
        };
        // By itself, as SQLite says the same of both.
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut store = match kept.take() {
            Some(file) => file,
            None => File::open(path).ok()?,
        };
        let is_read = store.rewind().is_ok() && io::copy(&mut store, &mut io::sink()).is_ok();
        *kept = Some(store);
        if !is_read {
            return None;
        }
        match File::open(files::beside(path, "-wal")) {
            Ok(mut log) => io::copy(&mut log, &mut io::sink()).ok().map(drop)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(_) => return None,
        }
        Some(looks_damaged)
    }
}

/// What is wrong in a file, a line each. It is an error if that can't be told.
fn findings(path: &Path) -> Result<Vec<String>, StoreError> {
    let connection = schema::connect_to_look(path)?;
    let findings = || {
        let mut check = connection.prepare("PRAGMA integrity_check")?;
        let findings = check.query_map([], |row| row.get(0))?;
        findings.collect::<rusqlite::Result<_>>()
    };
    findings().map_err(|error| classify(path, &error))
}

fn are_of_damage(findings: &[String]) -> bool {
    let is_unread = |finding: &String| UNREAD.iter().any(|words| finding.contains(words));
    findings.iter().any(|finding| finding != "ok") && !findings.iter().any(is_unread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{SqliteOptions, SqliteStore, Store};

    fn seems_damaged(path: &Path) -> StoreError {
        StoreError::Damaged { path: path.to_path_buf(), reason: "malformed".to_owned() }
    }

    #[test]
    fn a_sound_file_is_not_called_damaged_and_a_damaged_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        let text = "x".repeat(100_000);
        let sql = "INSERT INTO log (execution, position, records) VALUES (x'00', 1, ?1)";
        store.write(|connection| connection.execute(sql, [&text])).unwrap();
        store.close().unwrap();
        drop(store);
        let judged = Damage::default().judge(seems_damaged(&path));
        assert!(
            matches!(&judged, StoreError::Io { reason, .. } if reason.contains("the disk can't be read")),
            "{judged}"
        );

        // The pages of the tables, but for the first one.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096..].fill(0xab);
        std::fs::write(&path, bytes).unwrap();
        let damage = Damage::default();
        assert!(matches!(damage.judge(seems_damaged(&path)), StoreError::Damaged { .. }));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(damage.judge(seems_damaged(&path)), StoreError::Damaged { .. }), "it was certain before");
    }

    #[test]
    fn what_could_not_be_read_is_no_damage() {
        let is_of_damage =
            |findings: &[&str]| are_of_damage(&findings.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(!is_of_damage(&["ok"]));
        let unread = "*** in database main ***\nTree 4 page 7: unable to get the page. error code=8458";
        assert!(!is_of_damage(&[unread, "Page 8: never used"]));
        assert!(is_of_damage(&["*** in database main ***\nTree 4 page 7: btreeInitPage() returns error code 11"]));
    }
}
