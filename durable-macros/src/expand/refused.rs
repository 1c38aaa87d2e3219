//! What a refused function leaves behind: its signature, so that callers still type-check.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{
    FnArg, GenericParam, Ident, Lifetime, ParenthesizedGenericArguments, PatType, TraitBound, Type, TypeFnPtr,
    TypePath, TypeReference, parse_quote,
};

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
pub(crate) fn signature_of_step(mut function: StepFunction, errors: &Errors) -> TokenStream {
    if is_sound_step(&function.signature) && function.selfs.is_empty() {
        // What keeps the body from another thread is said already.
        let step = step::step(&StepFunction { blocking: None, ..function });
        return quote!(#errors #step);
    }
    // What is borrowed of a parameter's type is to live for ever.
    for parameter in function.signature.written.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!('static));
    }
    let hidden = Span::mixed_site();
    let private = function.root.private(hidden);
    let mut result = function.signature.output.clone();
    match unnamed(&result) {
        Some(_) => result = parse_quote!(()),
        None => Static.visit_type_mut(&mut result),
    }
    let output = quote_spanned!(hidden=> impl #private::StepCall<Output = #result>);
    let kept = syn::parse2(function.body).map(|block| kept::names(&function.signature.written, &block));
    let kept = kept.unwrap_or_default();
    let body = quote_spanned! {hidden=>
        #[allow(unused)]
        fn body() {
            #kept
            #errors
        }
        #private::refused_step::<#result>()
    };
    stand_in(&function.visibility, &function.signature, &output, &body)
}

/// Makes what is borrowed in a type live for ever, so that it can stand where what borrows does.
struct Static;

impl VisitMut for Static {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        lifetime.ident = Ident::new("static", lifetime.ident.span());
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime.get_or_insert_with(|| parse_quote!('static));
        visit_mut::visit_type_reference_mut(self, reference);
    }

    /// What a function borrows is between it and its caller.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        if bound.lifetimes.is_none() {
            visit_mut::visit_trait_bound_mut(self, bound);
        }
    }

    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        if ty.qself.is_none() {
            visit_mut::visit_type_path_mut(self, ty);
        }
    }

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
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
        && borrowed(&signature.output).is_none()
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
