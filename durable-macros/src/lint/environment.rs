//! **D006 `environment`**: the process's environment read, or changed, between the operations.
//!
//! *Why it breaks replay:* a replay runs in another process, perhaps on another machine, with other variables and
//! arguments.
//!
//! ```text
//! let bucket = std::env::var("BUCKET")?;
//! ```
//!
//! *Use instead:* a step, which keeps the value: `#[step] let bucket = std::env::var("BUCKET").ok();`; or configuration that
//! the engine is given: `State(config): State<Config>`.

use super::Lint;
use super::used::Wanted;
use crate::model::Function;
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D006", slug: "environment", reason: "a replay runs in another process, with another environment" };

pub(super) const WANTED: Wanted = Wanted {
    paths: &[
        "std::|env::var",
        "std::|env::var_os",
        "std::|env::vars",
        "std::|env::vars_os",
        "std::|env::args",
        "std::|env::args_os",
        "std::|env::current_dir",
        "std::|env::current_exe",
        "std::|env::home_dir",
        "std::|env::temp_dir",
        "std::|env::set_var",
        "std::|env::remove_var",
        "std::|env::set_current_dir",
        "|std::process::id",
        "std::|process::exit",
        "std::|process::abort",
        "std::|process::Command::new",
        "tokio::|process::Command::new",
        "|hostname::get",
        "|gethostname::gethostname",
        "|dotenvy::*",
        "|whoami::*",
    ],
    ..Wanted::NONE
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let report = LINT.at(&used.at, format_args!("`{}` depends on the process that runs it", code(&used.at)));
        errors.push_mild(match used.name() {
            "exit" | "abort" => report.help("end the execution with its result: `return Err(…);`"),
            "set_var" | "remove_var" | "set_current_dir" => report.help("do it before the engine is started"),
            _ => Lint::with_step(report, "read it in a step", &used.as_step("value"))
                .help("or give it to the engine, and take it as an argument: `State(config): State<Config>`"),
        });
    }
}
