//! A durable function becomes a constructor of its `Call`, with a definition inside.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{AttrStyle, Attribute, Path};

use super::body::Statements;
use super::plan::Plan;
use super::{attempts, body, perform, plan};
use crate::args::Millis;
use crate::mint;
use crate::model::{Function, Parameter};
use crate::report::{Report, start};

/// The code of a durable function.
///
/// A report takes the place of the use that it is about. What is only used there is used by nobody then, and the user is
/// not to hear of that.
pub(crate) fn function(mut function: Function, reports: BTreeMap<usize, Report>) -> TokenStream {
    let allow = (!reports.is_empty()).then(|| quote!(#[allow(unused)]));
    body::rewrite(&function.root, &mut function.body, reports);
    let run = run(&function);
    with_run(&function, quote!(#allow #run))
}

/// The function that callers see, around the definition with this `run`.
pub(super) fn with_run(function: &Function, run: TokenStream) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let attrs = outer(&function.attrs);
    let (visibility, fn_token, ident) =
        (&function.visibility, &function.signature.written.fn_token, &function.signature.written.ident);
    let idents = public_idents(function);
    let types: Vec<_> = function.signature.recorded().map(|parameter| &parameter.ty).collect();
    let input = quote_spanned!(hidden=> (#(#types,)*));
    let output = &function.signature.output;
    let define = define(function);
    quote_spanned! {hidden=>
        #(#attrs)*
        #visibility #fn_token #ident(#(#idents: #types),*)
            -> #private::Call<impl #private::Definition<Input = #input, Output = #output>>
        {
            struct __Definition;
            impl #private::Definition for __Definition {
                type Input = #input;
                type Output = #output;
                #define
                #run
            }
            #private::Call::<__Definition>::new((#(#idents,)*))
        }
    }
}

/// `Definition::define`: what the library knows of the function without running it.
fn define(function: &Function) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let name = &function.name;
    let parameters = public_idents(function).into_iter().map(|ident| ident.to_string());
    let Plan { operations, retries } = plan::plan(&function.root, &function.body.plan);
    let retries = retries.map(|retries| quote_spanned!(hidden=> .step_retries(#retries)));
    let version = function.version.as_ref().map(|version| {
        let version = &version.0;
        quote_spanned!(hidden=> .version(#version))
    });
    let timeout =
        function.execution_timeout.map(|Millis(millis)| quote_spanned!(hidden=> .execution_timeout_ms(#millis)));
    let defaults = attempts::defaults(&function.root, &function.defaults, hidden);
    let states: Vec<_> =
        function.signature.parameters.iter().filter_map(|parameter| parameter.state.as_ref()).collect();
    let states = (!states.is_empty()).then(|| {
        quote_spanned! {hidden=>
            .states(|| #private::States::new() #(.with::<#states>())*)
        }
    });
    let new = {
        let at = function.signature.written.ident.span();
        let private = function.root.private(at);
        quote_spanned!(at=> #private::Function::new(#name, &[#(#parameters),*], #operations))
    };
    let codec = {
        let at = start(&function.signature.output);
        let private = function.root.private(at);
        quote_spanned!(at=> #private::Tag::<Self::Output>::new().codec())
    };
    // Each argument that can't be recorded is one error at its type.
    let arguments = function.signature.recorded().map(|Parameter { ty, .. }| {
        let at = start(ty);
        let private = function.root.private(at);
        quote_spanned!(at=> #private::argument::<#ty>())
    });
    quote_spanned! {hidden=>
        fn define() -> #private::Defined<Self::Input, Self::Output> {
            #private::Defined::new(#new #retries #version #timeout #defaults, (#(#arguments,)*), #codec) #states
        }
    }
}

/// `Definition::run`: the body as a future, with the hidden context and the arguments in it.
fn run(function: &Function) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let ctx = mint::ctx(hidden);
    let input = mint::ident("__input", hidden);
    let signature = &function.signature;
    let states = signature.parameters.iter().filter_map(|Parameter { attrs, pat, ty, state, .. }| {
        let state = state.as_ref()?;
        Some(quote_spanned!(hidden=> #(#attrs)* let #pat: #ty = #ctx.state::<#state>().await;))
    });
    let attrs = signature.recorded().flat_map(|parameter| &parameter.attrs);
    let patterns: Vec<_> = signature.recorded().map(|parameter| &parameter.pat).collect();
    let arguments = (!patterns.is_empty()).then(|| quote_spanned!(hidden=> #(#attrs)* let (#(#patterns,)*) = #input;));
    let statements = Statements(&function.body.block);
    // Each way to write `step` once: that is enough for an import to count as used.
    let mut written = BTreeSet::new();
    let steps = function.body.facts.steps.iter().filter(|path| written.insert(words(path))).map(|path| {
        let at = start(path);
        quote_spanned!(at=> #[allow(unused_imports)] use #path as _;)
    });
    // An `async` block has to be told what it returns.
    let returns = {
        let at = start(&signature.output);
        let output = mint::ident("__output", at);
        let returns = quote_spanned!(at=> return #output;);
        quote_spanned! {hidden=>
            if let ::core::option::Option::Some(#output) = ::core::option::Option::None::<Self::Output> { #returns }
        }
    };
    quote_spanned! {hidden=>
        // A `let` is where `#[step]` stands, so one before a `return` is not needless.
        #[allow(clippy::let_and_return)]
        fn run(
            #ctx: #private::Ctx,
            #input: Self::Input,
        ) -> ::std::boxed::Box<dyn ::core::future::Future<Output = Self::Output>> {
            #[allow(unused_imports)]
            use #private::{Operation as _, PerformLine as _, StepCall as _};
            #(#steps)*
            ::std::boxed::Box::new(async move {
                #returns
                #(#states)*
                #arguments
                #statements
            })
        }
    }
}

/// A path by its words.
fn words(path: &Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// The recorded parameters as callers name them.
fn public_idents(function: &Function) -> Vec<Ident> {
    let minted = perform::numbered(function.signature.recorded().count());
    let written = function.signature.recorded().map(|parameter| parameter.ident.clone());
    written.zip(minted).map(|(written, minted)| written.unwrap_or(minted)).collect()
}

/// Attributes as they stand before an item; those at the head of its body apply to all of it too.
pub(super) fn outer(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().cloned().map(|attribute| Attribute { style: AttrStyle::Outer, ..attribute }).collect()
}
