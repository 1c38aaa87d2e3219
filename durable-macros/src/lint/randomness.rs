//! **D002 `randomness`**: chance between the operations.
//!
//! *Why it breaks replay:* a replay draws again and gets something else, so an id or a choice differs from the one that
//! earlier steps were given.
//!
//! ```text
//! let token = Uuid::new_v4();
//! ```
//!
//! *Use instead:* a step, `#[step] let token = Uuid::new_v4();`; or `durable::uuid().await` and `durable::random().await`. What is computed from data is fine: `Uuid::new_v5`, a
//! generator with a recorded seed.

use super::Lint;
use super::used::Wanted;
use crate::model::Function;
use crate::report::{Errors, code};

pub(super) const LINT: Lint =
    Lint { code: "D002", slug: "randomness", reason: "a replay would draw another value than the recorded steps got" };

pub(super) const WANTED: Wanted = Wanted {
    paths: &[
        "|rand::random",
        "|rand::random_range",
        "|rand::random_bool",
        "|rand::random_ratio",
        "|rand::random_iter",
        "|rand::fill",
        "|rand::rng",
        "|rand::prelude::random",
        "|rand::prelude::rng",
        "rand::|thread_rng",
        "rand::rngs::|OsRng",
        "rand::rngs::|OsRng::*",
        "rand::rngs::|ThreadRng::default",
        "rand::rngs::|StdRng::from_entropy",
        "rand::rngs::|StdRng::from_os_rng",
        "rand::rngs::|SmallRng::from_entropy",
        "rand::rngs::|SmallRng::from_os_rng",
        "|fastrand::*",
        "|getrandom::*",
        "|nanoid::nanoid",
        "uuid::|Uuid::new_v1",
        "uuid::|Uuid::new_v4",
        "uuid::|Uuid::new_v6",
        "uuid::|Uuid::new_v7",
        "uuid::|Uuid::now_v1",
        "uuid::|Uuid::now_v6",
        "uuid::|Uuid::now_v7",
        "ulid::|Ulid::new",
        "ulid::|Ulid::generate",
        "std::hash::|RandomState::new",
        "std::collections::hash_map::|RandomState::new",
        "std::hash::|RandomState::default",
        "std::collections::hash_map::|RandomState::default",
    ],
    path: |path| path.names == ["random"] && path.is_value && !path.awaited,
    macros: &["nanoid::|nanoid", "uuid::|new_v4"],
    ..Wanted::NONE
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    for used in LINT.found(function, &WANTED) {
        let report = LINT
            .at(&used.at, format_args!("`{}` draws by chance", code(&used.at)))
            .help(format_args!("draw in a step: `{}`", used.as_step("drawn")))
            .help("or draw what is recorded: `durable::uuid().await` or `durable::random().await`");
        errors.push_mild(report);
    }
}
