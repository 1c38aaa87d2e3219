//! A step's definition becomes a constructor of the step.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{GenericParam, Generics, Ident};

use super::definition::outer;
use super::retry;
use crate::model::StepFunction;

/// The code of a step's definition.
pub(crate) fn step(step: &StepFunction) -> TokenStream {
    let hidden = Span::mixed_site();
    let StepFunction { root, attrs, visibility, name, retry, signature, body } = step;
    let private = root.private(hidden);
    let attrs = outer(attrs);
    let syn::Signature { fn_token, ident, generics, inputs, output: written_output, .. } = &signature.written;
    let (idents, types): (Vec<_>, Vec<_>) =
        signature.parameters.iter().filter_map(|parameter| Some((parameter.ident.as_ref()?, &parameter.ty))).unzip();
    let output = &signature.output;
    let where_clause = &generics.where_clause;
    let turbofish = turbofish(generics);
    let step = quote_spanned!(hidden=> #private::step!(move || __body #turbofish(#(#private::again(&#idents)),*)));
    let step = quote_spanned!(hidden=> #private::StepCall::named(#step, #name));
    let step = retry::apply(root, step, retry.as_ref(), hidden);
    quote_spanned! {hidden=>
        #(#attrs)*
        #visibility #fn_token #ident #generics(#(#idents: #types),*) -> impl #private::StepCall<Output = #output>
        #where_clause
        {
            async fn __body #generics(#inputs) #written_output #where_clause #body
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
