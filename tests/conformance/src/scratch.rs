//! What handlers know beyond their own process: how often something has happened.

use std::fs::OpenOptions;
use std::io::{Result, Write};
use std::path::PathBuf;

/// A folder with one file for each thing that is counted.
#[derive(Debug, Clone)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Counts in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// How often `what` has happened, this time included.
    pub fn count(&self, what: &str) -> Result<u64> {
        let path = self.folder.join(what);
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        // One write, so that a kill can't tear it.
        file.write_all(b".")?;
        file.sync_data()?;
        Ok(std::fs::metadata(path)?.len())
    }
}
