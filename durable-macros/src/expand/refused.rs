//! What a refused function leaves behind: its signature, so that callers still type-check.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit::Visit;
use syn::{FnArg, GenericParam, Ident, PatType, Type};

use super::{definition, kept, step};
use crate::model::{Function, MAX_ARGUMENTS, Signature, StepFunction, borrowed, unnamed};
use crate::report::Errors;

/// The signature of a durable function with a mistake in it.
pub(crate) fn signature_of(function: &Function, errors: &Errors) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let kept = kept::names(&function.signature.written, &function.body.block);
    let unwritten = quote_spanned! {hidden=> {
        #[allow(unused)]
        fn body() {
            #kept
            #errors
        }
        ::core::unreachable!()
    }};
    if is_sound(&function.signature) {
        return definition::with_run(
            function,
            quote_spanned! {hidden=>
                fn run(
                    _: #private::Ctx,
                    _: Self::Input,
                ) -> ::std::boxed::Box<dyn ::core::future::Future<Output = Self::Output>> #unwritten
            },
        );
    }
    let result = known(&function.signature);
    let output = quote_spanned!(hidden=> #private::Call<impl #private::Definition<Input = (), Output = #result>>);
    let body = quote_spanned! {hidden=>
        struct __Definition;
        impl #private::Definition for __Definition {
            type Input = ();
            type Output = #result;
            fn define() -> #private::Defined<(), #result> {
                #private::Defined::new(
                    #private::Function::new("", &[], &[]),
                    (),
                    #private::Tag::<#result>::new().codec(),
                )
            }
            fn run(
                _: #private::Ctx,
                _: (),
            ) -> ::std::boxed::Box<dyn ::core::future::Future<Output = #result>> #unwritten
        }
        #private::Call::<__Definition>::new(())
    };
    stand_in(&function.visibility, &function.signature, &output, &body)
}

/// The signature of a step's definition with a mistake in it.
pub(crate) fn signature_of_step(function: StepFunction) -> TokenStream {
    if is_sound_step(&function.signature) && function.selfs.is_empty() {
        // What keeps the body from another thread is said already.
        return step::step(&StepFunction { blocking: None, ..function });
    }
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let result = match unnamed(&function.signature.output) {
        Some(_) => quote!(()),
        None => function.signature.output.to_token_stream(),
    };
    let output = quote_spanned!(hidden=> impl #private::StepCall<Output = #result>);
    let value = quote_spanned! {hidden=>
        ::core::option::Option::<#result>::None.unwrap_or_else(|| ::core::unreachable!())
    };
    let body = quote_spanned!(hidden=> #private::step_of!([] || async { #value }));
    stand_in(&function.visibility, &function.signature, &output, &body)
}

/// Whether the signature can be kept as it is.
fn is_sound(signature: &Signature) -> bool {
    let mut types = signature.recorded().map(|parameter| &parameter.ty).chain([&signature.output]);
    !signature.has_receiver()
        && signature.written.generics.params.is_empty()
        && signature.recorded().count() <= MAX_ARGUMENTS
        && types.all(|ty| borrowed(ty).is_none() && unnamed(ty).is_none())
}

/// What the function returns, so that its callers see no other type; nothing if that can't be written down here.
fn known(signature: &Signature) -> TokenStream {
    let output = &signature.output;
    let generic = |ident: &Ident| {
        signature.written.generics.params.iter().any(|parameter| match parameter {
            GenericParam::Type(parameter) => parameter.ident == *ident,
            GenericParam::Const(parameter) => parameter.ident == *ident,
            GenericParam::Lifetime(_) => false,
        })
    };
    let is_known = borrowed(output).is_none() && unnamed(output).is_none() && !mentions(output, &generic);
    if is_known { output.to_token_stream() } else { quote!(()) }
}

/// Whether a type contains a name that passes this test.
fn mentions(ty: &Type, test: &dyn Fn(&Ident) -> bool) -> bool {
    struct Search<'a>(&'a dyn Fn(&Ident) -> bool, bool);
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.1 |= self.0(ident);
        }
    }
    let mut search = Search(test, false);
    search.visit_type(ty);
    search.1
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
