//! The files next to the store: lock and key.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::error::classify;
use crate::service::CallbackKey;
use crate::store::StoreError;

/// Keeps other engines away for as long as the returned file is open, also if this process is killed.
pub(super) fn lock(store: &Path) -> Result<File, StoreError> {
    let path = beside(store, "-lock");
    let file = private()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| StoreError::io(&path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: store.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(StoreError::io(&path, &error)),
    }
}

/// Creates the store file so that only its owner can read it; SQLite gives its `-wal` and `-shm` the same mode.
pub(super) fn create(store: &Path) -> Result<(), StoreError> {
    match private().write(true).create_new(true).open(store) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::io(store, &error)),
    }
}

/// The store's callback key; a new store gets a new one.
pub(super) fn key(store: &Path, connection: &Connection) -> Result<CallbackKey, StoreError> {
    let path = beside(store, "-key");
    let expected: Option<Vec<u8>> = connection
        .query_row("SELECT fingerprint FROM secret", [], |row| row.get(0))
        .optional()
        .map_err(|error| classify(store, &error))?;
    let found = read_key(&path)?;
    match (expected, found) {
        (Some(expected), Some(key)) if expected == key.fingerprint() => Ok(key),
        (Some(_), _) => Err(StoreError::WrongKey { path }),
        // The process was killed after the key was written and before the store learnt of it.
        (None, Some(key)) => remember(store, connection, key),
        (None, None) => {
            let key = CallbackKey::generate()
                .map_err(|error| StoreError::Io { path: path.clone(), reason: error.to_string() })?;
            write_key(&path, &key).map_err(|error| StoreError::io(&path, &error))?;
            remember(store, connection, key)
        }
    }
}

fn remember(store: &Path, connection: &Connection, key: CallbackKey) -> Result<CallbackKey, StoreError> {
    connection
        .execute("INSERT INTO secret (fingerprint) VALUES (?1)", [key.fingerprint()])
        .map_err(|error| classify(store, &error))?;
    Ok(key)
}

fn read_key(path: &Path) -> Result<Option<CallbackKey>, StoreError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(bytes.try_into().ok().map(CallbackKey::from_bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path, &error)),
    }
}

/// Writes the key beside and renames it, so that a crash leaves no half of it.
fn write_key(path: &Path, key: &CallbackKey) -> std::io::Result<()> {
    let temporary = beside(path, ".new");
    let mut file = private().write(true).create(true).truncate(true).open(&temporary)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

pub(super) fn beside(store: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(store);
    name.push(suffix);
    name.into()
}

/// Options for a file that only its owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
