//! A durable function becomes a constructor of its `Call`, with a definition inside.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{AttrStyle, Attribute};

use super::{attempts, body, perform, plan};
use crate::mint;
use crate::model::{Function, Parameter};

/// The code of a durable function.
pub(crate) fn function(mut function: Function) -> TokenStream {
    body::rewrite(&function.root, &mut function.body);
    with_run(&function, run(&function))
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
    let items = items(function);
    quote_spanned! {hidden=>
        #(#attrs)*
        #visibility #fn_token #ident(#(#idents: #types),*)
            -> #private::Call<impl #private::Definition<Input = #input, Output = #output>>
        {
            struct __Definition;
            impl #private::Definition for __Definition {
                type Input = #input;
                type Output = #output;
                #items
                #run
            }
            #private::Call::<__Definition>::new((#(#idents,)*))
        }
    }
}

/// What the library knows of the function without running it.
fn items(function: &Function) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let name = &function.name;
    let parameters = public_idents(function).into_iter().map(|ident| ident.to_string());
    let place = {
        let at = function.signature.written.ident.span();
        let private = function.root.private(at);
        quote_spanned!(at=> #private::place!(#name))
    };
    let plan = plan::nodes(&function.root, &function.body.plan);
    let version = function.version.as_ref().map(|version| {
        let version = &version.0;
        quote_spanned!(hidden=> .version(#version))
    });
    let defaults = attempts::defaults(&function.root, &function.defaults, hidden);
    let states: Vec<_> =
        function.signature.parameters.iter().filter_map(|parameter| parameter.state.as_ref()).collect();
    let states = (!states.is_empty()).then(|| {
        quote_spanned! {hidden=>
            fn states() -> #private::States {
                #private::States::new() #(.with::<#states>())*
            }
        }
    });
    let codec = {
        let at = perform::start(&function.signature.output);
        let private = function.root.private(at);
        quote_spanned!(at=> #private::codec!(Self::Output))
    };
    // Each argument that can't be recorded is one error at its type.
    let arguments = function.signature.recorded().map(|Parameter { ty, .. }| {
        let at = perform::start(ty);
        let private = function.root.private(at);
        quote_spanned!(at=> #private::argument::<#ty>())
    });
    let arguments: Vec<_> = arguments.collect();
    let arguments = (!arguments.is_empty()).then(|| quote_spanned!(hidden=> (#(#arguments,)*)));
    quote_spanned! {hidden=>
        const FUNCTION: #private::Function =
            #private::Function::new(#name, &[#(#parameters),*], #place, #plan) #version #defaults;
        #states
        fn arguments() -> impl #private::Arguments<Self::Input> {
            #arguments
        }
        fn codec() -> impl #private::Codec<Self::Output> {
            #codec
        }
    }
}

/// `Definition::run`: the body, with the hidden context as its first parameter.
fn run(function: &Function) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let ctx = mint::ctx(hidden);
    let input = mint::ident("__input", hidden);
    let signature = &function.signature;
    let (parameters, output) = (&signature.written.inputs, &signature.written.output);
    let arguments = perform::numbered(signature.parameters.len());
    let all = || arguments.iter().zip(&signature.parameters);
    let recorded = all().filter(|(_, parameter)| parameter.state.is_none()).map(|(argument, _)| argument);
    let states: Vec<_> = all()
        .filter_map(|(argument, parameter)| {
            let state = parameter.state.as_ref()?;
            Some(quote_spanned!(hidden=> let #argument = #ctx.state::<#state>().await;))
        })
        .collect();
    let future = quote_spanned!(hidden=> __body(#ctx, #(#arguments),*));
    let future = match states.as_slice() {
        [] => future,
        states => quote_spanned!(hidden=> async move { #(#states)* #future.await }),
    };
    let block = &function.body.block;
    let steps = function.body.facts.steps.iter().map(|path| {
        let at = perform::start(path);
        quote_spanned!(at=> #[allow(unused_imports)] use #path as _;)
    });
    quote_spanned! {hidden=>
        fn run(#ctx: #private::Ctx, #input: Self::Input) -> #private::LocalBoxFuture<Self::Output> {
            #[allow(unused_imports)]
            use #private::StepCall as _;
            #(#steps)*
            // A `let` is where `#[step]` stands, so one before a `return` is not needless.
            #[allow(clippy::let_and_return, clippy::too_many_arguments)]
            async fn __body(#ctx: #private::Ctx, #parameters) #output #block
            let (#(#recorded,)*) = #input;
            ::std::boxed::Box::pin(#future)
        }
    }
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
