//! A step's definition becomes a constructor of the step.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{GenericParam, Generics, Ident, ReturnType};

use super::definition::outer;
use super::{again, attempts};
use crate::mint;
use crate::model::{Signature, StepFunction};
use crate::report::start;

/// The code of a step's definition.
pub(crate) fn step(step: &StepFunction) -> TokenStream {
    let hidden = Span::mixed_site();
    let StepFunction { root, attrs, visibility, name, attempts: options, blocking, signature, body, .. } = step;
    let private = root.private(hidden);
    let attrs = outer(attrs);
    let syn::Signature { fn_token, ident, generics, inputs, output: written_output, .. } = &signature.written;
    let (idents, types): (Vec<_>, Vec<_>) =
        signature.parameters.iter().filter_map(|parameter| Some((parameter.ident.as_ref()?, &parameter.ty))).unzip();
    let output = &signature.output;
    let where_clause = &generics.where_clause;
    let turbofish = turbofish(generics);
    let arguments = idents.iter().zip(&types).map(|(ident, ty)| again::give(root, ident, start(ty)));
    let at = output_span(signature);
    let at_output = root.private(at);
    let asyncness = blocking.is_none().then(|| quote!(async));
    let call = match blocking {
        Some(_) => quote_spanned! {at=> {
            let (#(#idents,)*) = (#(#arguments,)*);
            #at_output::blocking(move || __body #turbofish(#(#idents),*))
        }},
        None => quote_spanned!(at=> __body #turbofish(#(#arguments),*)),
    };
    let step = quote_spanned!(at=> #at_output::step_of!(#name, [#(#idents),*] #call));
    let step = attempts::of_definition(root, step, options, hidden);
    // Before the body takes the arguments.
    let (key, step) = match &options.key {
        Some(key) => {
            let minted = mint::ident("__key", hidden);
            let value = quote_spanned!(start(key)=> #key);
            let step = quote_spanned!(hidden=> #private::Operation::key(#step, #minted));
            (Some(quote_spanned!(hidden=> let #minted = ::std::string::ToString::to_string(&#value);)), step)
        }
        None => (None, step),
    };
    quote_spanned! {hidden=>
        #(#attrs)*
        #[allow(clippy::redundant_closure)]
        #visibility #fn_token #ident #generics(#(#idents: #types),*) -> impl #private::StepCall<Output = #output>
        #where_clause
        {
            #asyncness fn __body #generics(#inputs) #written_output #where_clause #body
            #key
            #step
        }
    }
}

/// The generic arguments that can't be read off the parameters.
fn turbofish(generics: &Generics) -> Option<TokenStream> {
    let arguments: Vec<&Ident> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!arguments.is_empty()).then(|| quote!(::<#(#arguments),*>))
}

/// Where the result is said to be what it is.
fn output_span(signature: &Signature) -> Span {
    match &signature.written.output {
        ReturnType::Default => Span::mixed_site(),
        ReturnType::Type(_, ty) => start(ty),
    }
}
