//! **D013 `hidden_await`**: an await or a step among the tokens of a macro that only the macro can read.
//!
//! *Why it breaks replay:* what the durable function can't see it can't record, so it would run again on every replay.
//!
//! ```text
//! html! { <p>{ price(&order).await }</p> }
//! ```
//!
//! *Use instead:* a `let` above the macro, `let price = price(&order).await;`. Macros such as `format!`, `vec!`,
//! `assert!` and `tracing::info!` are read. An await that a macro brings along in its own definition is not among its
//! tokens, so it can't be seen here; an execution that waits there is parked.

use super::{Lint, foreign_concurrency};
use crate::model::{Function, Hidden};
use crate::report::{Errors, code};

pub(super) const LINT: Lint = Lint {
    code: "D013",
    slug: "hidden_await",
    reason: "what stands inside this macro can't be seen, so it would not be recorded and would run again on every replay",
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    let hidden = function.body.facts.hidden.iter().filter(|hidden| !foreign_concurrency::claims(&hidden.path));
    for Hidden { path, what } in hidden {
        let report = LINT
            .at(path, format_args!("`{what}` stands inside the macro `{}!`", code(path)))
            .help("await it on the line above, and use the variable in the macro: `let value = ….await;`");
        errors.push(report);
    }
}
