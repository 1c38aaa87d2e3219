//! **D001 `wall_clock`**: a look at the clock between the operations.
//!
//! *Why it breaks replay:* a replay runs minutes or months later and sees another time, so what was decided by it comes
//! out differently.
//!
//! ```text
//! let deadline = Utc::now() + order.patience;
//! ```
//!
//! *Use instead:* a step, which keeps the first run's answer: `#[step] let now = Utc::now();`; or `durable::now().await`.
//! To wait, use `sleep`.

use super::Lint;
use super::used::Wanted;
use crate::model::Function;
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D001", slug: "wall_clock", reason: "a replay runs at another time and would decide differently" };

pub(super) const WANTED: Wanted = Wanted {
    paths: &[
        "std::time::|SystemTime::now",
        "std::time::|Instant::now",
        "tokio::time::|Instant::now",
        "web_time::|Instant::now",
        "chrono::|Utc::now",
        "chrono::offset::|Utc::now",
        "chrono::|Local::now",
        "chrono::offset::|Local::now",
        "jiff::|Zoned::now",
        "jiff::|Timestamp::now",
        "time::|OffsetDateTime::now_utc",
        "time::|OffsetDateTime::now_local",
        "time::|UtcDateTime::now",
        "coarsetime::|Clock::now_since_epoch",
        "|quanta::Instant::now",
        "|quanta::Clock::now",
        "|coarsetime::Instant::now",
        "|minstant::Instant::now",
        "|SystemTime::elapsed",
        "|Instant::elapsed",
    ],
    method: |method| method.name == "elapsed" && method.arguments == 0 && !method.awaited,
    ..Wanted::NONE
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let variable = if used.name() == "elapsed" { "elapsed" } else { "now" };
        let report = LINT
            .at(&used.at, format_args!("`{}` looks at the clock", code(&used.at)))
            .help(format_args!("take the time in a step: `{}`", used.as_step(variable)))
            .help("or take the recorded time: `durable::now().await`");
        errors.push_mild(report);
    }
}
