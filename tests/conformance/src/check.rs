//! Compares a history with what a row asks for.

use std::fmt::{self, Write};

use durable::Event;

use crate::actual::Actual;
use crate::pattern::{Expected, Pattern};
use crate::row::Row;
use crate::structure;

/// How a history differs from the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    row: &'static str,
    about: &'static str,
    text: String,
}

impl Mismatch {
    /// A row that could not be carried out.
    pub fn new(row: &Row, text: impl Into<String>) -> Self {
        Self { row: row.id, about: row.about, text: text.into() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}\n{}", self.row, self.about, self.text)
    }
}

impl std::error::Error for Mismatch {}

/// Checks a history, event by event and as a whole.
pub fn check(row: &Row, history: &[Event]) -> Result<(), Mismatch> {
    check_as(row, history, |pattern| pattern)
}

/// The same, but for what a service does not show.
pub fn check_as(row: &Row, history: &[Event], seen: impl FnOnce(Pattern) -> Pattern) -> Result<(), Mismatch> {
    let pattern = seen(Pattern::parse(row.events).map_err(|bad| Mismatch::new(row, bad.to_string()))?);
    let problems = structure::problems(history, pattern.tail.is_none());
    let lines = compare(&pattern, history);
    if problems.is_empty() && lines.iter().all(|line| line.problem.is_none()) {
        return Ok(());
    }
    let mut text = String::new();
    for Line { number, expected, actual, problem } in &lines {
        let problem = problem.map(|problem| format!("   <-- {problem}")).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{number:>6}  {expected:<40} {actual}{problem}");
    }
    for problem in problems {
        let _ = writeln!(text, "        {problem}");
    }
    Err(Mismatch::new(row, text))
}

/// An expected event beside what there is.
struct Line {
    number: usize,
    expected: String,
    actual: String,
    problem: Option<&'static str>,
}

fn compare(pattern: &Pattern, history: &[Event]) -> Vec<Line> {
    let events = history.get(1..).unwrap_or_default();
    let Some(tail) = &pattern.tail else {
        let length = pattern.head.len().max(events.len());
        return (0..length).map(|index| line(index, pattern.head.get(index), events.get(index))).collect();
    };
    let head = pattern.head.iter().enumerate();
    let first_of_tail = events.len().saturating_sub(tail.len()).max(pattern.head.len());
    let tail = tail.iter().enumerate().map(|(index, expected)| (first_of_tail + index, expected));
    head.chain(tail).map(|(index, expected)| line(index, Some(expected), events.get(index))).collect()
}

fn line(index: usize, expected: Option<&Expected>, event: Option<&Event>) -> Line {
    let actual = event.map(Actual::of);
    let problem = match (expected, &actual) {
        (Some(expected), Some(actual)) => actual.difference(expected),
        (Some(_), None) => Some("missing"),
        (None, _) => Some("not expected"),
    };
    Line {
        number: index + 2,
        expected: expected.map(|expected| expected.text.clone()).unwrap_or_default(),
        actual: actual.map(|actual| actual.to_string()).unwrap_or_default(),
        problem,
    }
}
