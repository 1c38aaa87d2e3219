//! The append-only file that says what really happened.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A step's body began.
    Begin { order: u32, step: String },
    /// A step's body ended and returned this unique mark with its result.
    End { order: u32, step: String, mark: String },
    /// A callback's id was handed out.
    Callback { order: u32, id: String },
}

/// Appends to the ledger, and reads it.
#[derive(Debug, Clone)]
pub struct Ledger {
    path: PathBuf,
    file: Arc<File>,
}

impl Ledger {
    /// Opens the ledger, and creates it if there is none.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { path: path.to_path_buf(), file: Arc::new(file) })
    }

    /// Adds a line, with one `write` so that a kill can't tear it.
    pub fn add(&self, entry: &Entry) -> std::io::Result<()> {
        let line = match entry {
            Entry::Begin { order, step } => format!("begin {order} {step}\n"),
            Entry::End { order, step, mark } => format!("end {order} {step} {mark}\n"),
            Entry::Callback { order, id } => format!("callback {order} {id}\n"),
        };
        (&*self.file).write_all(line.as_bytes())
    }

    /// Everything that was added, by any process.
    pub fn read(&self) -> std::io::Result<Vec<Entry>> {
        Ok(std::fs::read_to_string(&self.path)?.lines().filter_map(parse).collect())
    }
}

fn parse(line: &str) -> Option<Entry> {
    let mut words = line.split(' ').map(str::to_owned);
    let (kind, order) = (words.next()?, words.next()?.parse().ok()?);
    Some(match kind.as_str() {
        "begin" => Entry::Begin { order, step: words.next()? },
        "end" => Entry::End { order, step: words.next()?, mark: words.next()? },
        "callback" => Entry::Callback { order, id: words.next()? },
        _ => return None,
    })
}
