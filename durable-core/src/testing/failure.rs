//! How a test fails.

use std::fmt;
use std::panic::Location;

/// Where in the test something was asked for.
pub(super) type At = &'static Location<'static>;

/// Fails the test.
#[expect(clippy::panic, reason = "this is how a test fails")]
pub(super) fn fail(at: At, problem: impl fmt::Display) -> ! {
    panic!("{problem}\n  asked for at {at}")
}

/// Names in a sentence, for someone who looks for one of them.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.sort();
    names.dedup();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
