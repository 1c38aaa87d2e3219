//! **D015 `nameless_step`**: nothing in the code gives the operation a name.
//!
//! *Why it breaks replay:* an operation is found in the history by its name. Its position is no name, because the next
//! edit changes it.
//!
//! ```text
//! async { reserve(&order).await }.await;
//! ```
//!
//! *Use instead:* a variable, `let reserved = async { … }.await;`, or a name, `#[step(name = "total")]`.

use super::Lint;
use crate::model::{Function, Name};
use crate::report::Errors;

pub(super) const LINT: Lint = Lint {
    code: "D015",
    slug: "nameless_step",
    reason: "a replay finds a record by its name, and a position would change with the next edit",
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for point in &function.body.facts.points {
        if !matches!(point.name, Name::Missing) || point.misplaced {
            continue;
        }
        let report = match point.step {
            Some(_) => LINT
                .at(&point.at, "nothing gives this step a name")
                .help("name it: `#[step(name = \"total\")]`, or take its value: `let total = …;`"),
            None => LINT
                .at(&point.at, "nothing gives this operation a name")
                .help("take its value: `let total = ….await;`, or name it: `….named(\"total\").await`"),
        };
        errors.push_mild(report);
    }
}
