//! Where answers go: tables on a terminal, JSON in a pipe.

use std::borrow::Cow;
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
    out.write_all(harmless(text).as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a line beside the answer, to standard error. Who has closed it wants no lines.
pub(crate) fn remark(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(line));
}

/// Text that tells a terminal nothing: names, payloads and errors come from outside, and may hold its commands. What stands
/// for a character in JSON stands for it here too, so JSON stays what it is.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_command) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_command(letter) {
            shown.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character moves the cursor, changes colours, rings, or turns the direction in which text is read.
fn is_command(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(harmless("a\tb\n✓ ‖ é"), "a\tb\n✓ ‖ é");
        assert_eq!(harmless("\u{1b}[2J\u{7}\r\u{9b}m\u{7f}\u{202e}"), r"\u001b[2J\u0007\u000d\u009bm\u007f\u202e");
        let json = serde_json::to_string("\u{9b}31m\u{7f}").unwrap();
        let shown = harmless(&json);
        assert!(!shown.contains('\u{9b}'));
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), "\u{9b}31m\u{7f}");
    }
}
