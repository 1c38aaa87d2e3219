//! What tokens show to be a mistake. One file per lint; a code is never used for anything else.

mod ambiguous_step;
mod duplicate_name;
mod hidden_await;
mod misplaced_step;
mod nameless_step;
mod signature;
mod sync_closure;

use std::fmt::Display;

use quote::ToTokens;

use crate::model::{Function, StepFunction};
use crate::report::{Errors, Report};

/// Every lint of a durable function.
const DURABLE: &[fn(&Function, &mut Errors)] = &[
    duplicate_name::check,
    ambiguous_step::check,
    hidden_await::check,
    signature::check,
    nameless_step::check,
    sync_closure::check,
    misplaced_step::check,
];

/// Every lint of a step's definition.
const STEP: &[fn(&StepFunction, &mut Errors)] = &[signature::check_step];

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
