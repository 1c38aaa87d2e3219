//! **D012 `ambiguous_step`**: a `#[step]` on more or less than one call.
//!
//! *Why it breaks replay:* a step is one record. With two awaits, or a `?` on the way, parts of the line would run again
//! whenever a later part failed.
//!
//! ```text
//! #[step]
//! let receipt = charge(quote(&order).await?).await?;
//! ```
//!
//! *Use instead:* one step for each await, `#[step] let quote = quote(&order).await?;` and then
//! `#[step] let receipt = charge(quote).await?;`.

use super::Lint;
use crate::model::{Function, StepFacts};
use crate::report::{Errors, Report, code};

pub(super) const LINT: Lint = Lint {
    code: "D012",
    slug: "ambiguous_step",
    reason: "a step is one record, so a replay could not tell which part of the line had already run",
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    let steps = function.body.facts.points.iter().filter_map(|point| point.step.as_ref());
    steps.filter_map(judge).for_each(|report| errors.push(report));
}

fn judge(step: &StepFacts) -> Option<Report> {
    let StepFacts { awaits, ends_in_await, exits } = step;
    let report = match (awaits.as_slice(), exits.as_slice()) {
        ([first, _, ..], _) => LINT
            .at(first, format_args!("one `#[step]` stands on {} awaits", awaits.len()))
            .help("make this one a step of its own, on the line above: `#[step] let value = ….await;`"),
        ([only], _) if !ends_in_await => LINT.at(only, "this await is only a part of what `#[step]` stands on").help(
            "make the await a step of its own, and use its value on the next line: `#[step] let value = ….await;`",
        ),
        (_, [exit, ..]) => LINT
            .at(exit, format_args!("this `{}` stands inside a step, and would leave only the step", code(exit)))
            .help("get the value on the line above, and pass it to the step: `let value = …?;`"),
        _ => return None,
    };
    Some(report)
}
