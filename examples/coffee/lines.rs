//! A file of JSON lines that only grows: what a crash must not undo, and what other processes may read.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::marker::PhantomData;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The lines of one file.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    path: PathBuf,
    line: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Lines<T> {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, line: PhantomData }
    }

    /// Adds a line in one `O_APPEND` write, so that the lines of several writers do not mix.
    pub(crate) fn append(&self, line: &T) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(text.as_bytes())
    }

    /// All whole lines so far; none if there is no file.
    pub(crate) fn read(&self) -> io::Result<Vec<T>> {
        let text = match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        let (whole, _) = text.rsplit_once('\n').unwrap_or_default();
        whole.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}
