//! The stages in order, and the two places where they stop.

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Errors;
use crate::{expand, lint, model, parse};

/// `#[durable]` on a function.
pub(crate) fn durable(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(parsed) = parse::durable(args, item.clone(), &mut errors) else {
        return quote!(#errors #item);
    };
    let function = model::Function::read(parsed, &mut errors);
    lint::durable(&function, &mut errors);
    if !errors.spare_the_body() {
        return expand::signature_of(&function, &errors);
    }
    let code = expand::function(function, errors.take_in_place());
    quote!(#errors #code)
}

/// `#[step]` on a function definition. Inside a durable function `#[durable]` reads the attribute itself, so this one
/// sees only definitions and steps that stand outside one.
pub(crate) fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(parsed) = parse::step(args, item.clone(), &mut errors) else {
        return quote!(#errors #item);
    };
    let step = model::StepFunction::read(parsed);
    lint::step(&step, &mut errors);
    if !errors.spare_the_body() {
        return expand::signature_of_step(step, &errors);
    }
    let code = expand::step(&step);
    quote!(#errors #code)
}
