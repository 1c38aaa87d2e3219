//! **D014 `signature`**: a durable function, or a step, with a signature that can't be called from a record.
//!
//! *Why it breaks replay:* an execution is started again from its recorded arguments, in another process, so they are
//! owned values of known types that can be written down.
//!
//! ```text
//! #[durable]
//! fn place_order(&self, order: &Order) -> Receipt
//! ```
//!
//! *Use instead:* `async fn place_order(order: Order) -> Receipt`, and `State(app): State<App>` for what is not data.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, Generics, Ident, Lifetime, Safety, Type, TypeSlice, parse_quote};

use super::Lint;
use crate::model::{Function, MAX_ARGUMENTS, Signature, StepFunction, borrowed, unnamed};
use crate::report::{Errors, Report, code};

pub(super) const LINT: Lint = Lint {
    code: "D014",
    slug: "signature",
    reason: "an execution is started again from its recorded arguments, in another process",
};

const STEP: Lint = Lint {
    code: "D014",
    slug: "signature",
    reason: "a step may be attempted several times, each time with the same arguments",
};

pub(super) fn check(function: &Function, errors: &mut Errors) {
    let signature = &function.signature;
    let legal = legal(signature);
    let mut push = |at: TokenStream, fact: &str| {
        errors.push(LINT.at(at, fact).help(format_args!("write `{legal}`")));
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
    if let Some(at) = borrowed(&signature.output) {
        push(at, "this durable function returns a reference");
    }
    if let Some(at) = unnamed(&signature.output) {
        push(at, "this result has no named type");
    }
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
        errors.push(step_report(at, "this result has no named type", &step.signature));
    }
    if let Some(blocking) = step.blocking {
        check_blocking(blocking, &step.signature, errors);
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

/// The signature as it may be, to paste.
fn legal(signature: &Signature) -> String {
    let name = &signature.written.ident;
    let generics = &signature.written.generics;
    let parameters = signature.parameters.iter().enumerate().map(|(number, parameter)| {
        let ident = parameter.ident.clone().unwrap_or_else(|| format_ident!("argument_{}", number + 1));
        let ty = Named { generics, stand_in: type_name(&ident) }.of(&parameter.ty);
        match &parameter.state {
            Some(state) => quote!(State(state): State<#state>),
            None => quote!(#ident: #ty),
        }
    });
    let output = match (Named { generics, stand_in: format_ident!("Output") }).of(&signature.output) {
        Type::Tuple(unit) if unit.elems.is_empty() => TokenStream::new(),
        output => quote!(-> #output),
    };
    code(quote!(async fn #name(#(#parameters),*) #output))
}

/// `PlacedOrder` for `placed_order`.
fn type_name(ident: &Ident) -> Ident {
    let words = ident.unraw().to_string();
    let capitalised = words.split('_').flat_map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<Vec<_>>()
    });
    format_ident!("{}", capitalised.collect::<String>())
}

/// Makes an owned type with a name of what is borrowed, generic or only known by its traits.
struct Named<'a> {
    generics: &'a Generics,
    stand_in: Ident,
}

impl Named<'_> {
    fn of(mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit_type_mut(&mut ty);
        ty
    }

    fn is_unknown(&self, ty: &Type) -> bool {
        let Type::Path(path) = ty else { return matches!(ty, Type::ImplTrait(_)) };
        path.path.is_ident("Self") || self.generics.type_params().any(|generic| path.path.is_ident(&generic.ident))
    }
}

impl VisitMut for Named<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        lifetime.ident = format_ident!("static");
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Reference(reference) = ty {
            *ty = match &*reference.elem {
                Type::Path(path) if path.path.is_ident("str") => parse_quote!(String),
                Type::Slice(TypeSlice { elem, .. }) => parse_quote!(Vec<#elem>),
                other => other.clone(),
            };
            return self.visit_type_mut(ty);
        }
        if self.is_unknown(ty) {
            let stand_in = &self.stand_in;
            *ty = parse_quote!(#stand_in);
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }
}
