//! A plan as `#[durable]` writes it down: text, because nothing else is as quick to compile.
//!
//! ```text
//! 12:5 step charge
//!  retry
//! 14:5 repeat
//!  15:9 wait pause
//! ```
//!
//! A line is an operation or a piece of control flow: where it stands, a word for its kind, and its name if that is known.
//! Below it, one space further in, stand what is said of it, which begins with a letter, and what is inside.

use super::{Node, NodeKind};
use crate::model::Retry;

/// What a function performs, not read yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    /// The lines; in pieces, as some may not be configured.
    pub(crate) operations: &'static [&'static str],
    /// One for each `retry`, in the order of the lines.
    pub(crate) retries: &'static [Retry],
}

/// A line and how far in it stands.
type Line = (usize, &'static str);

impl Written {
    pub(crate) fn read(self) -> Vec<Node> {
        let lines = self.operations.iter().flat_map(|piece| piece.lines());
        let lines: Vec<Line> = lines.map(|line| (line.len() - line.trim_start().len(), line.trim_start())).collect();
        nodes(&lines, &mut self.retries.iter().copied())
    }
}

fn nodes(mut lines: &[Line], retries: &mut impl Iterator<Item = Retry>) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(((depth, line), after)) = lines.split_first() {
        let below = after.iter().take_while(|(below, _)| below > depth).count();
        let (below, rest) = after.split_at(below);
        nodes.extend(node(line, below, retries));
        lines = rest;
    }
    nodes
}

/// The node of a line, with what stands below it; nothing if the line is said of the one above.
fn node(line: &'static str, below: &[Line], retries: &mut impl Iterator<Item = Retry>) -> Option<Node> {
    let (place, what) = line.split_once(' ')?;
    let (line, column) = place.split_once(':')?;
    let (word, name) = what.split_once(' ').unwrap_or((what, ""));
    let said = below.iter().take_while(|(_, line)| line.starts_with(char::is_alphabetic)).count();
    let (said, inside) = below.split_at(said);
    let says = |word: &str| said.iter().any(|(_, line)| *line == word);
    Some(Node {
        kind: NodeKind::of_word(word)?,
        name,
        line: line.parse().ok()?,
        column: column.parse().ok()?,
        retry: if says("retry") { retries.next() } else { None },
        was: said.iter().find_map(|(_, line)| line.strip_prefix("was ")),
        keyed: says("keyed"),
        inside: nodes(inside, retries),
    })
}
