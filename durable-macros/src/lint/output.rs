//! **D010 `output`**: something printed between the operations.
//!
//! *Why it breaks replay:* the line is printed again on every replay, and nobody can tell the copies apart.
//!
//! ```text
//! println!("reserved {}", order.id);
//! ```
//!
//! *Use instead:* `tracing::info!(…)`, whose lines are logged once with `durable::logging::ReplayFilter` on the layer. Or
//! a step that prints, `#[step] fn report(order: &Order) { println!(…) }`. Where repeated lines do no harm, say so:
//! `#[durable(allow(output, reason = "…"))]`.

use super::Lint;
use super::used::Wanted;
use crate::model::{Function, Used};
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D010", slug: "output", reason: "it would be printed again on every replay" };

pub(super) const WANTED: Wanted = Wanted {
    paths: &["std::io::|stdout", "std::io::|stderr"],
    macros: &["std::|print", "std::|println", "std::|eprint", "std::|eprintln", "std::|dbg"],
    ..Wanted::NONE
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let written = code(&used.at);
        let report = match used.what {
            Used::Macro(_) => LINT.at(&used.at, format_args!("`{written}!` prints on every replay")),
            _ => LINT.at(&used.at, format_args!("`{written}` prints on every replay")),
        };
        let report = match used.name() {
            "dbg" => report.help("take it out when you are done"),
            _ => report
                .help("log it, `tracing::info!(…)`: with `durable::logging::ReplayFilter` each line is logged once")
                .help("or print in a step, with a function of its own: `#[step] fn report(…) { … }`"),
        };
        errors.push_mild(
            report.help("or say that it may: `#[durable(allow(output, reason = \"…\"))]` on this statement"),
        );
    }
}
