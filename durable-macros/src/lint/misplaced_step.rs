//! **D018 `misplaced_step`**: a `#[step]` where it can't work.
//!
//! *Why it breaks replay:* Rust does not say what an attribute covers here, or drops it, or will reject it before any
//! macro runs. A step that silently isn't one runs again on every replay.
//!
//! ```text
//! let total = #[step] price(&order).await? + shipping;
//! ```
//!
//! *Use instead:* the line above a `let`, `#[step] let price = price(&order).await?;`, and then the rest.

use super::Lint;
use crate::model::{Function, Misplaced, Position};
use crate::report::Errors;

pub(super) const LINT: Lint = Lint {
    code: "D018",
    slug: "misplaced_step",
    reason: "a step that is silently not recorded would run again on every replay",
};

const LET: &str = "record the value on a line of its own, and use it here: `#[step] let value = …;`";

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for Misplaced { at, position } in &function.body.facts.misplaced {
        let (fact, help) = wording(*position);
        let report = LINT.at(at, format_args!("`#[step]` {fact}")).help(help);
        if position.is_operand() { errors.push_mild(report) } else { errors.push(report) }
    }
}

fn wording(position: Position) -> (String, String) {
    let (fact, help) = match position {
        Position::Operand => ("stands on an operand of an operator", LET),
        Position::Assignment => (
            "stands on an assignment",
            "record the value first, and assign it then: `#[step] let value = …;` and `x = value;`",
        ),
        Position::Cast => ("stands on a cast", LET),
        Position::Range => ("stands on a range", LET),
        Position::Reference => ("stands on a reference", LET),
        Position::Unary => ("stands on an operand of an operator", LET),
        Position::Let => ("stands in an `if let` or `while let`", LET),
        Position::Block => (
            "stands on a block",
            "put it on each call in the block, or move the block into a function: `#[step] async fn …`",
        ),
        Position::AsyncBlock => (
            "stands on an `async` block that is not awaited",
            "await the block: `#[step] let value = async { … }.await;`",
        ),
        Position::Closure => ("stands on a closure", "put it on the calls in the closure"),
        Position::Macro => (
            "stands on a macro",
            "take its value: `#[step] let value = …!(…);`, or move it into a function: `#[step] fn …`",
        ),
        Position::Keyword(keyword) => {
            let fact = format!("stands on `{keyword}`");
            return (fact, "put it on each call inside, or move the code into a function: `#[step] async fn …`".into());
        }
        Position::Jump(keyword) => {
            return (format!("stands on `{keyword}`"), format!("put it on the value: `{keyword} #[step] …`"));
        }
        Position::Uninitialised => {
            ("stands on a `let` without a value", "give it its value here: `#[step] let value = …;`")
        }
        Position::Attributes => (
            "stands beside another attribute",
            "put `#[step]` alone on the line above a `let`, where other attributes may stand too",
        ),
        Position::Parameter => (
            "stands on a parameter",
            "arguments are recorded as they are; put it on the line that makes the value: `#[step] let value = …;`",
        ),
        Position::Const => (
            "stands in a `const` block, which is done before anything runs",
            "take the `const` off, or the `#[step]`: what is constant needs no record",
        ),
        Position::Item => (
            "stands on something else than a function",
            "put it on a function, or on the line that calls one: `#[step] let value = …;`",
        ),
        Position::Configured => (
            "stands in a `cfg_attr`",
            "write both lines: `#[cfg(…)] #[step] let value = …;` and `#[cfg(not(…))] let value = …;`",
        ),
        Position::Elsewhere => (
            "stands where nothing runs",
            "put it on a statement, on a `let`, on the last expression of a block, or on a function",
        ),
    };
    (fact.to_owned(), help.to_owned())
}
