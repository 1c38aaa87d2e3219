//! **D004 `spawn`**: a thread or task started between the operations.
//!
//! *Why it breaks replay:* what runs beside the function is not recorded: it starts again on every replay, and its result
//! comes at another moment.
//!
//! ```text
//! let stock = tokio::spawn(reserve(order));
//! ```
//!
//! *Use instead:* branches, which are recorded: `join((async { … }, async { … })).await`; or start the thread inside of a
//! step.

use super::Lint;
use super::used::Wanted;
use crate::model::{Function, Method, Used};
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D004", slug: "spawn", reason: "what runs beside the function would start again on every replay" };

pub(super) const WANTED: Wanted = Wanted {
    paths: &[
        "|tokio::spawn",
        "tokio::|task::spawn",
        "tokio::task::|spawn_blocking",
        "tokio::task::|spawn_local",
        "tokio::task::|block_in_place",
        "tokio::task::|JoinSet::*",
        "tokio::task::|LocalSet::*",
        "tokio::|runtime::Runtime::new",
        "tokio::|runtime::Handle::current",
        "tokio::|runtime::Builder::new_current_thread",
        "tokio::|runtime::Builder::new_multi_thread",
        "async_std::|task::spawn",
        "async_std::|task::block_on",
        "|smol::spawn",
        "|smol::block_on",
        "futures::executor::|block_on",
        "futures_executor::|block_on",
        "futures_lite::future::|block_on",
        "|pollster::block_on",
        "tokio::runtime::|Handle::block_on",
        "tokio::runtime::|Runtime::block_on",
        "std::|thread::spawn",
        "std::|thread::scope",
        "std::|thread::Builder::new",
        "crossbeam::|thread::scope",
        "|rayon::*",
    ],
    path: |path| path.names == ["spawn"] && path.runs_code && !path.awaited,
    method: |method| {
        method.name == "block_on" && method.arguments == 1
            || method.runs_code && is_spawn(method)
            || ["par_iter", "par_iter_mut", "into_par_iter", "par_bridge", "par_chunks"].contains(&method.name.as_str())
    },
    ..Wanted::NONE
};

fn is_spawn(method: &Method) -> bool {
    ["spawn", "spawn_blocking", "spawn_local"].contains(&method.name.as_str())
}

pub(super) fn check(function: &Function, errors: &mut Errors) {
    let found = LINT.found(function, &WANTED);
    // What a set or a scope starts is refused with the set or the scope.
    let is_made =
        found.iter().any(|used| matches!(used.what, Used::Path(_)) && ["new", "scope"].contains(&used.name()));
    for used in found {
        if is_made && matches!(&used.what, Used::Method(method) if is_spawn(method)) {
            continue;
        }
        let report = LINT
            .at(&used.at, format_args!("`{}` starts something that is not recorded", code(&used.at)))
            .help("run branches side by side: `join((async { … }, async { … })).await`")
            .help("or do it inside of a step, and wait for it there");
        Lint::refuse(used, report, errors);
    }
}
