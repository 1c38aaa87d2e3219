//! The append-only file that says what really happened.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A step's body began, in this process.
    Begin { order: u32, step: String, process: u32 },
    /// A step's body ended and returned this unique mark with its result.
    End { order: u32, step: String, mark: String },
    /// A callback's id was handed out.
    Callback { order: u32, id: String },
    /// An order has ended with this result, as far as a process was told.
    Result { order: u32, value: u64 },
    /// An order was parked, or what it has started, for this reason.
    Parked { order: Option<u32>, reason: String },
    /// So many executions waited for nothing that will come, or were driven by nobody.
    Stranded { count: u32 },
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
            Entry::Begin { order, step, process } => format!("begin {order} {step} {process}\n"),
            Entry::End { order, step, mark } => format!("end {order} {step} {mark}\n"),
            Entry::Callback { order, id } => format!("callback {order} {id}\n"),
            Entry::Result { order, value } => format!("result {order} {value}\n"),
            Entry::Parked { order, reason } => {
                let order = order.map_or("-".to_owned(), |order| order.to_string());
                format!("parked {order} {}\n", reason.replace('\n', " "))
            }
            Entry::Stranded { count } => format!("stranded {count}\n"),
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
    let (kind, number) = (words.next()?, words.next()?);
    if kind == "parked" {
        return Some(Entry::Parked { order: number.parse().ok(), reason: words.collect::<Vec<_>>().join(" ") });
    }
    let number = number.parse().ok()?;
    Some(match kind.as_str() {
        "begin" => Entry::Begin { order: number, step: words.next()?, process: words.next()?.parse().ok()? },
        "end" => Entry::End { order: number, step: words.next()?, mark: words.next()? },
        "callback" => Entry::Callback { order: number, id: words.next()? },
        "result" => Entry::Result { order: number, value: words.next()?.parse().ok()? },
        "stranded" => Entry::Stranded { count: number },
        _ => return None,
    })
}
