//! **D005 `foreign_concurrency`**: futures combined by something else than the operations for it.
//!
//! *Why it breaks replay:* which of several futures is ready first is an accident of this run. It has to be recorded who
//! won.
//!
//! ```text
//! tokio::select! {
//!     pickup = courier(&order) => …,
//!     _ = tokio::time::sleep(HOUR) => …,
//! }
//! ```
//!
//! *Use instead:* `race((a, b)).await` for the first, `join((a, b)).await` for all, and the timeout that an operation has
//! itself, such as `wait_for_callback(…).timeout(hours(1))`.

use syn::Path;

use super::Lint;
use super::used::Wanted;
use crate::model::{Function, Used, readable};
use crate::report::{Errors, code};

pub(super) const LINT: Lint = Lint {
    code: "D005",
    slug: "foreign_concurrency",
    reason: "which future is ready first is an accident of this run, and a replay must come to the same end",
};

pub(super) const WANTED: Wanted = Wanted {
    paths: &[
        "tokio::|time::timeout",
        "tokio::|time::timeout_at",
        "tokio::|time::interval",
        "futures::|future::join_all",
        "futures_util::|future::join_all",
        "futures::|future::try_join_all",
        "futures::|future::select_all",
        "futures::|future::join",
        "futures::|future::try_join",
        "futures::|future::select",
        "futures::stream::|FuturesUnordered::*",
        "futures::stream::|FuturesOrdered::*",
        "futures_util::stream::|FuturesUnordered::*",
        "futures_util::stream::|FuturesOrdered::*",
    ],
    macros_named: &readable::CONCURRENT,
    ..Wanted::NONE
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let written = code(&used.at);
        let written = if matches!(used.what, Used::Macro(_)) { format!("{written}!") } else { written };
        let report = LINT.at(&used.at, format_args!("`{written}` combines futures without a record"));
        let report = match used.name() {
            "timeout" | "timeout_at" | "interval" => report
                .help("use a timer that is recorded: `sleep(minutes(5)).await`, or the operation's own `.timeout(hours(1))`")
                .help("or keep the timeout inside of a step: `#[step] let value = async { timeout(…).await.ok() }.await;`"),
            "select" | "select_biased" | "select_all" => {
                report.help("let operations race: `race((async { … }, async { … })).await`")
            }
            "try_join" | "try_join_all" => {
                report.help("combine operations: `try_join((async { … }, async { … })).await`")
            }
            "join_all" | "FuturesUnordered" | "FuturesOrdered" | "new" => {
                report.help("perform operations for each item: `map(&items, async |item| …).await`")
            }
            _ => report.help("combine operations: `join((async { … }, async { … })).await`"),
        };
        Lint::refuse(used, report, errors);
    }
}

/// Whether this lint speaks about a macro, so that no other one has to.
pub(super) fn claims(path: &Path) -> bool {
    readable::is_concurrent(path)
}
