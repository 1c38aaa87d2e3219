//! Where answers go: tables on a terminal, JSON in a pipe.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::args::Format;
use crate::failure::Failure;

/// How wide a table is where nobody says.
const WIDTH: u16 = 120;

/// How answers are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) width: u16,
}

impl Output {
    /// As is asked for, or else as fits where the answers go.
    pub(crate) fn of(format: Option<Format>) -> Self {
        let fitting = if std::io::stdout().is_terminal() { Format::Table } else { Format::Json };
        let width = terminal_size::terminal_size().map_or(WIDTH, |(terminal_size::Width(width), _)| width);
        Self { format: format.unwrap_or(fitting), width }
    }

    pub(crate) const fn is_json(self) -> bool {
        matches!(self.format, Format::Json)
    }

    /// Shows a value as JSON, or as the text that is made of it.
    pub(crate) fn show<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        if self.is_json() { print(&format!("{}\n", serde_json::to_string_pretty(value)?)) } else { print(&text(value)) }
    }

    /// Says something to a person: to nobody in a pipe.
    pub(crate) fn say(self, text: &str) -> Result<(), Failure> {
        if self.is_json() { Ok(()) } else { print(text) }
    }
}

/// Prints to standard output, at once.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a line beside the answer, to standard error. Who has closed it wants no lines.
pub(crate) fn remark(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
