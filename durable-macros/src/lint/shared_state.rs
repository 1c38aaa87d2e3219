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
//!
//! The names of statics are capitals, like those of constants. So what a constant could be as well is not seen: `LOCAL.get()`
//! of a `Cell`, or a `static mut` that is read among other unsafe code.

use super::Lint;
use super::used::Wanted;
use crate::model::{Function, Method, Used, UsedPath};
use crate::report::{Errors, code};

pub(super) const LINT: Lint = Lint {
    code: "D008",
    slug: "shared_state",
    reason: "what others change holds something else at the time of a replay",
};

pub(super) const WANTED: Wanted =
    Wanted { path: is_shared_path, method: is_shared, mutable_statics: true, ..Wanted::NONE };

/// The same methods, called by their paths: `AtomicU32::fetch_add(&COUNTER, …)`.
fn is_shared_path(path: &UsedPath) -> bool {
    let [.., ty, method] = path.names.as_slice() else { return false };
    let is_atomic = ty.starts_with("Atomic");
    match (ty.as_str(), method.as_str()) {
        (_, "load" | "store" | "swap") => is_atomic,
        (_, method) if method.starts_with("fetch_") || method.starts_with("compare_exchange") => is_atomic,
        ("Mutex" | "ReentrantMutex", "lock" | "try_lock") => !path.awaited,
        ("RwLock", "read" | "write" | "try_read" | "try_write") => !path.awaited,
        ("OnceLock" | "OnceCell", "get" | "get_or_init" | "get_or_try_init" | "set") => path.on_static && !path.awaited,
        _ => false,
    }
}

/// Methods of atomics, locks, cells that are set once, and thread-locals.
fn is_shared(method: &Method) -> bool {
    let Method { name, arguments, has_ordering, awaited, on_static, next, .. } = method;
    let unwrapped = next.as_deref().is_some_and(|next| matches!(next, "unwrap" | "expect" | "unwrap_or_else"));
    match (name.as_str(), arguments) {
        ("load" | "store" | "swap", _) => *has_ordering,
        (name, _) if name.starts_with("fetch_") || name.starts_with("compare_exchange") => *has_ordering,
        ("lock", 0) => !awaited && (unwrapped || *on_static),
        ("read" | "write" | "try_lock" | "try_read" | "try_write", 0) => !awaited && (unwrapped || *on_static),
        // A number that is not zero has a `get` too, but that gives no `Option`.
        ("get", 0) => *on_static && next.as_deref().is_some_and(|next| OPTIONAL.contains(&next)),
        ("get_or_init" | "get_or_try_init", 1) => !awaited && *on_static,
        ("with" | "with_borrow" | "with_borrow_mut" | "set" | "replace", 1) | ("take", 0) => *on_static,
        _ => false,
    }
}

/// What is done with an `Option` at once.
const OPTIONAL: &[&str] = &[
    "?",
    "Some",
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "is_some",
    "is_none",
    "is_some_and",
    "is_none_or",
    "map",
    "map_or",
    "map_or_else",
    "and_then",
    "ok_or",
    "ok_or_else",
    "cloned",
    "copied",
];

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
