//! What a refused function leaves behind: its signature, so that callers still type-check.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{FnArg, PatType};

use super::{definition, step};
use crate::model::{Function, Signature, StepFunction, borrowed, unnamed};

/// The signature of a durable function with a mistake in it.
pub(crate) fn signature_of(function: &Function) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    if is_sound(&function.signature) {
        return definition::with_run(
            function,
            quote_spanned! {hidden=>
                fn run(_: #private::Ctx, _: Self::Input) -> #private::LocalBoxFuture<'static, Self::Output> {
                    ::core::unreachable!()
                }
            },
        );
    }
    let output = quote_spanned!(hidden=> #private::Call<impl #private::Definition<Input = (), Output = ()>>);
    let body = quote_spanned! {hidden=>
        struct __Definition;
        impl #private::Definition for __Definition {
            type Input = ();
            type Output = ();
            const FUNCTION: #private::Function = #private::Function::new("", &[], &[]);
            const ARGUMENTS: &'static dyn #private::Arguments<()> = &();
            fn codec() -> &'static dyn #private::Codec<()> {
                #private::codec!(())
            }
            fn run(_: #private::Ctx, _: ()) -> #private::LocalBoxFuture<'static, ()> {
                ::core::unreachable!()
            }
        }
        #private::Call::<__Definition>::new(())
    };
    stand_in(&function.visibility, &function.signature, &output, &body)
}

/// The signature of a step's definition with a mistake in it.
pub(crate) fn signature_of_step(function: StepFunction) -> TokenStream {
    if is_sound_step(&function.signature) {
        // What keeps the body from another thread is said already.
        return step::step(&StepFunction { blocking: None, ..function });
    }
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let output = quote_spanned!(hidden=> impl #private::StepCall<Output = ()>);
    stand_in(
        &function.visibility,
        &function.signature,
        &output,
        &quote_spanned!(hidden=> #private::step_of!([] || async {})),
    )
}

/// Whether the signature can be kept as it is.
fn is_sound(signature: &Signature) -> bool {
    let mut types = signature.recorded().map(|parameter| &parameter.ty).chain([&signature.output]);
    !signature.has_receiver()
        && signature.written.generics.params.is_empty()
        && types.all(|ty| borrowed(ty).is_none() && unnamed(ty).is_none())
}

fn is_sound_step(signature: &Signature) -> bool {
    !signature.has_receiver()
        && signature.parameters.iter().all(|parameter| parameter.ident.is_some())
        && unnamed(&signature.output).is_none()
}

/// A function that takes what this one takes and returns something of the right kind.
fn stand_in(
    visibility: &syn::Visibility,
    signature: &Signature,
    output: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let syn::Signature { fn_token, ident, generics, inputs, .. } = &signature.written;
    let where_clause = &generics.where_clause;
    let inputs = inputs.iter().map(|input| match input {
        FnArg::Receiver(receiver) => quote!(#receiver),
        FnArg::Typed(PatType { ty, .. }) => quote!(_: #ty),
    });
    quote!(#visibility #fn_token #ident #generics(#(#inputs),*) -> #output #where_clause { #body })
}
