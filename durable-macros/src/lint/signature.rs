//! **D014 `signature`**: a durable function, or a step, with a signature that can't be called from a record.
//!
//! *Why it breaks replay:* an execution is started again from its recorded arguments, in another process, so they are
//! owned values of known types that can be written down. So is what a step returns, because a replay reads it from the
//! record.
//!
//! ```text
//! #[durable]
//! fn place_order(&self, order: &Order) -> Receipt
//! ```
//!
//! *Use instead:* `async fn place_order(order: Order) -> Receipt`, and `State(app): State<App>` for what is not data.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{FnArg, Ident, Safety};

use super::Lint;
use super::legal::{legal, legal_output};
use crate::model::{Function, MAX_ARGUMENTS, Signature, StepFunction, borrowed, unnamed};
use crate::report::{Errors, Report};

pub(super) const LINT: Lint = Lint {
    code: "D014",
    slug: "signature",
    reason: "an execution is started again from its recorded arguments, in another process",
};

const STEP: Lint = Lint { reason: "a step may be attempted several times, each time with the same arguments", ..LINT };

const RESULT: Lint =
    Lint { reason: "a replay reads what a step returns from its record, as an owned value of a known type", ..LINT };

pub(super) fn check(function: &Function, errors: &mut Errors) {
    let signature = &function.signature;
    let mut push = |at: TokenStream, fact: &str| {
        errors.push(LINT.at(at, fact).help(format_args!("write `{}`", legal(signature))));
    };
    if signature.written.asyncness.is_none() {
        push(signature.written.fn_token.to_token_stream(), "`#[durable]` stands on a function that is not `async`");
    }
    for (at, fact) in unusual(signature) {
        push(at, fact);
    }
    if !signature.written.generics.params.is_empty() {
        push(signature.written.generics.to_token_stream(), "this durable function is generic");
    } else if let Some(clause) = &signature.written.generics.where_clause {
        push(clause.to_token_stream(), "this durable function has a `where` clause");
    }
    for parameter in signature.recorded() {
        if let Some(at) = borrowed(&parameter.ty) {
            push(at, "this durable function borrows an argument");
        }
        if let Some(at) = unnamed(&parameter.ty) {
            push(at, "this argument has no named type");
        }
    }
    if let Some(at) = unnamed(&signature.output) {
        push(at, "this result has no named type");
    } else if let Some(at) = borrowed(&signature.output) {
        push(at, "this durable function returns a reference");
    }
    check_selfs(&function.selfs, errors);
    if let Some(parameter) = signature.recorded().nth(MAX_ARGUMENTS) {
        let report = LINT
            .at(&parameter.ty, format_args!("this durable function has more than {MAX_ARGUMENTS} recorded arguments"))
            .help("put them into one struct");
        errors.push(report);
    }
}

pub(super) fn check_step(step: &StepFunction, errors: &mut Errors) {
    for (at, fact) in unusual(&step.signature) {
        errors.push(step_report(at, fact, &step.signature));
    }
    if let Some(at) = unnamed(&step.signature.output) {
        let report = RESULT.at(at, "this result has no named type");
        errors.push(report.help(format_args!("write `{}`", legal(&step.signature))));
    } else if let Some(at) = borrowed(&step.signature.output) {
        let report = RESULT.at(at, "this step returns something borrowed");
        errors.push(match legal_output(&step.signature).as_str() {
            "" => report.help("leave the result out"),
            legal => report.help(format_args!("return it owned: write `{legal}`")),
        });
    }
    check_selfs(&step.selfs, errors);
    if let Some(blocking) = step.blocking {
        check_blocking(blocking, &step.signature, errors);
    }
}

/// The body moves into an item of its own, where the type around the function has no short name.
fn check_selfs(selfs: &[Ident], errors: &mut Errors) {
    if let Some(first) = selfs.first() {
        let report = LINT.at(first, "`Self` stands in a function that is called from a record");
        errors.push(report.help("write the name of the type"));
    }
}

/// The body of a blocking step moves to another thread, with its arguments.
fn check_blocking(at: Span, signature: &Signature, errors: &mut Errors) {
    if signature.written.asyncness.is_some() {
        let report = Report::at_span(at, "`blocking` stands on a step that is `async`");
        let report = report.help("leave the `async` out, if the body awaits nothing");
        errors.push(
            report.help("or leave `blocking` out, and call `durable::blocking(move || …)` where the body blocks"),
        );
    }
    for parameter in signature.recorded() {
        if let Some(borrowed) = borrowed(&parameter.ty) {
            let report =
                Report::at(borrowed, "a blocking step borrows an argument, and its body runs on another thread");
            errors.push(report.help("take an owned value; every attempt gets a clone"));
        }
    }
}

fn step_report(at: TokenStream, fact: &str, signature: &Signature) -> Report {
    STEP.at(at, fact).help(format_args!("write `{}`", legal(signature)))
}

/// What neither a durable function nor a step can have.
fn unusual(signature: &Signature) -> Vec<(TokenStream, &'static str)> {
    let written = &signature.written;
    let mut found = Vec::new();
    if let Some(token) = &written.constness {
        found.push((token.to_token_stream(), "this function is `const`"));
    }
    if let Safety::Unsafe(token) = &written.safety {
        found.push((token.to_token_stream(), "this function is `unsafe`"));
    }
    if let Some(abi) = &written.abi {
        found.push((abi.to_token_stream(), "this function is `extern`"));
    }
    if let Some(FnArg::Receiver(receiver)) = written.inputs.first() {
        let fact = "this function has a `self`, and a record has no object to call it on";
        found.push((receiver.to_token_stream(), fact));
    }
    for parameter in signature.recorded().filter(|parameter| parameter.ident.is_none()) {
        found.push((parameter.pat.to_token_stream(), "this parameter has no single name"));
    }
    found
}
