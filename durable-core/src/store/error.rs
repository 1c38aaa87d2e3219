//! What can go wrong with a store.

use std::path::{Path, PathBuf};

use crate::model::ExecutionId;

/// Why a store did not do what it was asked.
///
/// See [`EngineError`](crate::engine::EngineError) for an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file is not one of ours.
    #[error("{path} is not a durable store: choose another path, or move the file away")]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later release.
    #[error(
        "{path} was written by a newer release (format {found}, this one knows up to {known}): update the `durable` crate, or open another file; nothing was changed"
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The latest format that this release reads.
        known: u32,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged ({reason}): stop the engine, keep a copy of the file with its `-wal`, and restore a backup; nothing was changed"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The log of one execution is damaged.
    #[error("the log of execution {execution} is damaged: {reason}; the other executions are not affected")]
    DamagedLog {
        /// The execution.
        execution: ExecutionId,
        /// What was found.
        reason: String,
    },
    /// The file with the callback key does not belong to the store, or is gone.
    #[error(
        "{path} is missing or belongs to another store, and the ids of open callbacks depend on it: restore it from where the store file came from"
    )]
    WrongKey {
        /// The key file.
        path: PathBuf,
    },
    /// Another engine has the file open.
    #[error("{path} is in use by another engine: stop that one, or open another file")]
    InUse {
        /// The store file.
        path: PathBuf,
    },
    /// There is no room left.
    #[error(
        "no room left for {path}: free some space (or raise the size limit that was set) and the engine goes on; what was recorded is safe"
    )]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be created, opened, read or written.
    #[error("{path}: {reason}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// One of the commits can't be stored as it is, whatever the disk does; none of the same write was.
    #[error("{path} does not take what an execution recorded: {reason}")]
    Rejected {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// SQLite has known faults before this version.
    #[error("the linked SQLite {found} can damage files: link 3.51.3 or later")]
    OldSqlite {
        /// The linked version.
        found: String,
    },
}

impl StoreError {
    /// What the system's error means for the user of a store.
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { path, reason: error.to_string() },
        }
    }
}
