//! What a function is: its signature, and every place in its body that performs an operation.

mod attribute;
mod body;
mod bound;
pub(crate) mod callback;
pub(crate) mod chain;
mod facts;
mod imports;
mod inside;
mod leaving;
mod mark;
mod name;
mod plan;
mod position;
pub(crate) mod readable;
mod search;
mod selfs;
mod signature;
mod statics;
mod uses;

pub(crate) use body::Body;
pub(crate) use facts::{Facts, Hidden, Inside, Misplaced, Point, Position, StepFacts};
pub(crate) use mark::{Argument, Mark, Marks, put_back, take_number, take_written};
pub(crate) use name::{Name, is_certain};
pub(crate) use plan::Node;
pub(crate) use signature::{MAX_ARGUMENTS, Parameter, Signature, borrowed, unnamed};
pub(crate) use uses::{Allowance, Method, NUMBER, Use, Used, UsedPath, Uses};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Ident, Visibility};

use crate::args::{Attempts, ExecutionTime, Millis, Version};
use crate::mint::Root;
use crate::parse;
use crate::report::{Errors, Report};

/// A durable function.
pub(crate) struct Function {
    pub(crate) root: Root,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: String,
    pub(crate) version: Option<Version>,
    pub(crate) execution_timeout: Option<Millis>,
    /// What its steps do if they say nothing themselves.
    pub(crate) defaults: Attempts,
    pub(crate) signature: Signature,
    /// Every `Self` in the body.
    pub(crate) selfs: Vec<Ident>,
    pub(crate) uses: Uses,
    pub(crate) body: Body,
}

impl Function {
    pub(crate) fn read(parsed: parse::Durable, errors: &mut Errors) -> Self {
        let parse::Durable { args, mut item } = parsed;
        let mut signature = Signature::read(item.sig);
        let uses = search::search(&mut item.block, args.allow, errors);
        if let Some(test) = args.retry.as_ref().and_then(|retry| retry.retry_if.as_ref()) {
            let fact = "`if` tests the error of one step, and the steps of a function may have errors of several types";
            let help = "put `retry(if = …)` on the step, or name the errors here: `retry(only = [\"Timeout\"])`";
            errors.push_mild(Report::at(test, fact).help(help));
        }
        Self {
            root: Root::new(args.root),
            attrs: item.attrs,
            visibility: item.vis,
            name: args.name.map_or_else(|| name::plain(&signature.written.ident), |name| name.value()),
            version: args.version,
            execution_timeout: args.execution_timeout.map(|ExecutionTime(time)| time),
            defaults: Attempts {
                was: None,
                key: None,
                retry: args.retry,
                timeout: args.timeout,
                serdes: args.serdes,
                at_most_once: None,
            },
            selfs: selfs::of(&item.block),
            body: Body::read(signature.misplaced(), *item.block, errors),
            signature,
            uses,
        }
    }
}

/// A function that is a step by its definition.
pub(crate) struct StepFunction {
    pub(crate) root: Root,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: String,
    pub(crate) attempts: Attempts,
    /// Where it is said that the body blocks its thread.
    pub(crate) blocking: Option<Span>,
    pub(crate) signature: Signature,
    /// Every `Self` in the body.
    pub(crate) selfs: Vec<Ident>,
    pub(crate) body: TokenStream,
    pub(crate) inside: Vec<Inside>,
}

impl StepFunction {
    pub(crate) fn read(parsed: parse::Step) -> Self {
        let parse::Step { args, item } = parsed;
        let signature = Signature::read(item.signature);
        let (mut body, mut selfs, mut inside) = (item.body, Vec::new(), Vec::new());
        if let Some(mut read) = item.read {
            selfs = selfs::of(&read);
            inside = inside::of_definition(&mut read);
            // Else the tokens stay those that were written.
            if !inside.is_empty() {
                body = read.into_token_stream();
            }
        }
        let attempts = args.attempts();
        Self {
            root: Root::new(args.root),
            attrs: item.attrs,
            visibility: item.visibility,
            attempts,
            blocking: args.blocking.is_present().then(|| args.blocking.span()),
            name: args.name.map_or_else(|| name::plain(&signature.written.ident), |name| name.value()),
            signature,
            selfs,
            body,
            inside,
        }
    }
}
