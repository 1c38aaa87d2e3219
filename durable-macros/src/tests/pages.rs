//! Pages of `docs` that are made from the code, and checked to be so.
//!
//! `UPDATE_DOCS=1 cargo test -p durable-macros` writes them anew.

use std::path::{Path, PathBuf};

/// The repository.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Checks that a page is what the code says, or writes it.
pub(super) fn check(page: &str, text: &str) {
    let path = root().join("docs").join(page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "docs/{page} is not what the code says; run `UPDATE_DOCS=1 cargo test -p durable-macros`");
}
