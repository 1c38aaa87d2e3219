//! **D009 `thread`**: the thread blocked or asked about between the operations.
//!
//! *Why it breaks replay:* a replay runs on another thread, and one that sleeps keeps every other execution on it waiting.
//!
//! ```text
//! std::thread::sleep(Duration::from_secs(60));
//! ```
//!
//! *Use instead:* `sleep(minutes(1)).await`, which is recorded and holds no thread.

use super::Lint;
use super::used::Wanted;
use crate::model::Function;
use crate::report::{Errors, code};

pub(super) const LINT: Lint = Lint {
    code: "D009",
    slug: "thread",
    reason: "a replay runs on another thread, and a blocked one holds up every execution on it",
};

pub(super) const WANTED: Wanted = Wanted {
    paths: &[
        "std::|thread::sleep",
        "std::|thread::sleep_until",
        "std::|thread::current",
        "std::|thread::park",
        "std::|thread::park_timeout",
        "std::|thread::yield_now",
        "std::thread::|available_parallelism",
        "|num_cpus::get",
        "|num_cpus::get_physical",
    ],
    ..Wanted::NONE
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let report = LINT.at(&used.at, format_args!("`{}` concerns the thread of this run", code(&used.at)));
        errors.push_mild(match used.name() {
            "sleep" | "sleep_until" | "park_timeout" => {
                report.help("wait with a timer that is recorded: `sleep(minutes(5)).await;`")
            }
            "park" | "yield_now" => report.help("wait for someone else with a callback: `wait_for_callback(…)`"),
            _ => report.help(format_args!("ask in a step: `{}`", used.as_step("value"))),
        });
    }
}
