//! The attribute macros of `durable`: `#[durable]` and `#[step]`.
//!
//! A macro runs in five stages, each a module, and no stage calls an earlier one:
//!
//! 1. `args` reads the options in the attribute.
//! 2. `parse` reads the item it stands on.
//! 3. `model` finds what the function performs: every await, step and branch, its name and where it stands.
//! 4. `lint` judges the model: what tokens show to be a mistake, with a code, a fix and a reason.
//! 5. `expand` writes the code.
//!
//! Errors of every stage collect in one `report::Errors`. Where the body would only cause more of them, the function
//! keeps its signature and loses its body, so that callers still type-check; an error about one call takes its place.

mod args;
mod expand;
mod lint;
mod mint;
mod model;
mod parse;
mod pipeline;
mod report;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// The attribute macro behind `durable::durable`, where it is documented.
#[proc_macro_attribute]
pub fn durable(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::durable(args.into(), item.into()).into()
}

/// The attribute macro behind `durable::step`, where it is documented.
#[proc_macro_attribute]
pub fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::step(args.into(), item.into()).into()
}
