//! What tokens show to be a mistake. One file per lint; a code is never used for anything else.

mod allowed;
mod ambiguous_step;
mod duplicate_name;
mod environment;
mod foreign_concurrency;
mod hidden_await;
mod io;
mod legal;
mod misplaced_step;
mod nameless_step;
mod output;
mod randomness;
mod shared_state;
mod signature;
mod spawn;
mod step_in_step;
mod sync_closure;
mod thread;
mod unordered_iteration;
mod used;
mod wall_clock;

use std::fmt::Display;

use quote::ToTokens;

use crate::model::{Function, StepFunction};
use crate::report::{Errors, Report};

/// Every lint, by code.
const ALL: &[&Lint] = &[
    &wall_clock::LINT,
    &randomness::LINT,
    &unordered_iteration::LINT,
    &spawn::LINT,
    &foreign_concurrency::LINT,
    &environment::LINT,
    &io::LINT,
    &shared_state::LINT,
    &thread::LINT,
    &output::LINT,
    &duplicate_name::LINT,
    &ambiguous_step::LINT,
    &hidden_await::LINT,
    &signature::LINT,
    &nameless_step::LINT,
    &sync_closure::LINT,
    &step_in_step::LINT,
    &misplaced_step::LINT,
];

/// Every lint of a durable function that tokens show; `unordered_iteration` is shown by types.
const DURABLE: &[fn(&Function, &mut Errors)] = &[
    wall_clock::check,
    randomness::check,
    spawn::check,
    foreign_concurrency::check,
    environment::check,
    io::check,
    shared_state::check,
    thread::check,
    output::check,
    duplicate_name::check,
    ambiguous_step::check,
    hidden_await::check,
    signature::check,
    nameless_step::check,
    sync_closure::check,
    step_in_step::check,
    misplaced_step::check,
    allowed::check,
];

/// Every lint of a step's definition.
const STEP: &[fn(&StepFunction, &mut Errors)] = &[signature::check_step, step_in_step::check_step];

/// Judges a durable function.
pub(crate) fn durable(function: &Function, errors: &mut Errors) {
    DURABLE.iter().for_each(|check| check(function, errors));
}

/// Judges the definition of a step.
pub(crate) fn step(step: &StepFunction, errors: &mut Errors) {
    STEP.iter().for_each(|check| check(step, errors));
}

/// How a lint is known to its users, and why there is one.
struct Lint {
    code: &'static str,
    slug: &'static str,
    /// Why it breaks replay, in one clause.
    reason: &'static str,
}

impl Lint {
    fn at(&self, tokens: impl ToTokens, fact: impl Display) -> Report {
        let Self { code, slug, reason } = self;
        Report::at(tokens, fact).note(format_args!("{code} `{slug}`: {reason}"))
    }
}
