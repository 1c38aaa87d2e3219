//! **D017 `step_in_step`**: a durable operation inside the body of a step.
//!
//! *Why it breaks replay:* a step is one record. Its body does not run in a replay, so an operation in it would be missing
//! from the history that it belongs to.
//!
//! ```text
//! #[step]
//! let receipt = async {
//!     #[step] reserve(&order).await?;
//!     charge(&order).await
//! }.await;
//! ```
//!
//! *Use instead:* two steps, one after the other; or an `async` block without `#[step]` on it, which is a branch.

use super::Lint;
use crate::model::{Function, Inside, StepFunction};
use crate::report::{Errors, Report};

pub(super) const LINT: Lint = Lint {
    code: "D017",
    slug: "step_in_step",
    reason: "a replay returns a step's record without running its body, and would miss the operations in it",
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for inside in &function.body.facts.inside_steps {
        errors.push(report(inside).help("put it on a line of its own, before or after the step"));
    }
}

pub(super) fn check_step(step: &StepFunction, errors: &mut Errors) {
    for inside in &step.inside {
        let report =
            report(inside).help("put `#[durable]` on this function instead of `#[step]`: then each line is recorded");
        errors.push(report);
    }
}

fn report(Inside { at, what }: &Inside) -> Report {
    LINT.at(at, format_args!("`{what}` stands inside a step"))
}
