//! From SQLite's errors to ours.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// What SQLite's error means for the user of a store.
pub(super) fn classify(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.to_path_buf();
    match error.sqlite_error_code() {
        // Nothing but a conversion has no code.
        None | Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            StoreError::Rejected { path, reason: error.to_string() }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore { path },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path, reason: error.to_string() },
        _ => StoreError::Io { path, reason: error.to_string() },
    }
}
