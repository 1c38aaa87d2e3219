//! **D016 `sync_closure`**: a step or an await inside a closure that is not `async`.
//!
//! *Why it breaks replay:* such a closure is called by code that knows nothing of the history, in an order and a number
//! that a replay can't check.
//!
//! ```text
//! order.parcels.iter().map(|parcel| print_label(parcel).await)
//! ```
//!
//! *Use instead:* a `for` loop, or the durable `map(&order.parcels, async |parcel| print_label(parcel).await)`.

use super::Lint;
use crate::model::Function;
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D016", slug: "sync_closure", reason: "who calls this closure, and how often, is not recorded" };

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for point in function.body.facts.points.iter().filter(|point| point.in_sync_closure) {
        let report = LINT
            .at(&point.at, format_args!("`{}` stands in a closure that is not `async`", code(&point.at)))
            .help("use a `for` loop, or `map(items, async |item| …).await`");
        errors.push(report);
    }
}
