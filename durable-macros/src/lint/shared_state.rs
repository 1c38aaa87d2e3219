//! **D008 `shared_state`**: a value read or written that others change too.
//!
//! *Why it breaks replay:* a static, an atomic or a mutex holds what this process did so far. A replay in the next process
//! finds something else there, and changes it once more.
//!
//! ```text
//! let number = COUNTER.fetch_add(1, Ordering::SeqCst);
//! ```
//!
//! *Use instead:* a step, `#[step] let number = COUNTER.fetch_add(1, Ordering::SeqCst);`, or an argument.

use super::Lint;
use super::used::Wanted;
use crate::model::{Function, Method, Used};
use crate::report::{Errors, code};

pub(super) const LINT: Lint = Lint {
    code: "D008",
    slug: "shared_state",
    reason: "what others change holds something else at the time of a replay",
};

const WANTED: Wanted = Wanted { method: is_shared, mutable_statics: true, ..Wanted::NONE };

/// Methods of atomics, locks, cells that are set once, and thread-locals.
fn is_shared(method: &Method) -> bool {
    let Method { name, arguments, has_ordering, awaited, on_static, next } = method;
    let unwrapped = next.as_deref().is_some_and(|next| matches!(next, "unwrap" | "expect" | "unwrap_or_else"));
    match (name.as_str(), arguments) {
        ("load" | "store" | "swap", _) => *has_ordering,
        (name, _) if name.starts_with("fetch_") || name.starts_with("compare_exchange") => *has_ordering,
        ("lock", 0) => !awaited && (unwrapped || *on_static),
        ("read" | "write" | "try_lock" | "try_read" | "try_write", 0) => !awaited && unwrapped,
        ("get_or_init" | "get_or_try_init", 1) => !awaited && *on_static,
        ("with" | "with_borrow" | "with_borrow_mut" | "set" | "replace", 1) | ("take", 0) => *on_static,
        _ => false,
    }
}

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let written = code(&used.at);
        let report = match &used.what {
            Used::MutableStatic => LINT
                .at(&used.at, format_args!("`{written}` is a `static mut`"))
                .help("pass the value in as an argument, or read it in a step"),
            _ => LINT
                .at(&used.at, format_args!("`{written}` reads or writes what others change too"))
                .help(format_args!("make it a step: `{}`", used.as_step("value"))),
        };
        errors.push_mild(report);
    }
}
