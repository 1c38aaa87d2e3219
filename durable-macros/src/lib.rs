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

/// Makes an `async fn` durable: it survives crashes, deploys and year-long waits.
///
/// Inside, every `.await` performs a recorded operation, `#[step]` marks the lines that touch the world, and an
/// `async` block is a branch. Calling the function gives a `Call`: start it with `engine.start(call)`, await it in
/// another durable function, or `.invoke()` it as an execution of its own.
///
/// Options: `name = "…"`, `version = "…"`, `execution_timeout = "2h"` for executions that are started, or invoked, without
/// a timeout of their own, and `retry(…)`, `timeout = "…"` and `serdes = …` for operations that
/// say nothing themselves.
#[proc_macro_attribute]
pub fn durable(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::durable(args.into(), item.into()).into()
}

/// Makes a statement, an expression or a function a step: it runs once, is recorded, and a replay returns the record.
///
/// Options: `name = "…"`, `was = "…"` for the name that a step had before, `key = item.id` to tell one occurrence from
/// others by data, and
/// `retry(max_attempts = 5, initial_delay = "1s", max_delay = "30s", backoff_rate = 2.0, jitter = full)`, where a preset
/// may come first: `none`, `transient`, `resource_availability`, `critical`, `linear` or `fixed`, `if = is_transient`
/// decides by the error, and `only = ["Timeout", "Throttled"]` by the name of its type; `timeout = "30s"` for each attempt;
/// `serdes = …` for the result; `at_most_once` if an interrupted attempt must not run again; `blocking`, on an ordinary
/// `fn`, if the body blocks its thread: it runs on a thread of its own then.
#[proc_macro_attribute]
pub fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::step(args.into(), item.into()).into()
}
