//! Writes the code.
//!
//! What the user wrote keeps its spans, and what happens at a token of the user is located at that token, so that
//! errors point there. Everything else is hidden in the macro's own scope.

mod again;
mod attempt;
mod attempts;
mod body;
mod definition;
mod in_place;
mod kept;
mod perform;
mod plan;
mod refused;
mod step;

pub(crate) use definition::function;
pub(crate) use refused::{signature_of, signature_of_step};
pub(crate) use step::step;
