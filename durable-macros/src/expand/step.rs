//! A step's definition becomes a constructor of the step.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericParam, Generics, Ident, Lifetime, LifetimeParam, ParenthesizedGenericArguments, ReturnType, TypeFnPtr,
    TypeImplTrait, TypeReference,
};

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
    let (idents, mut types): (Vec<_>, Vec<_>) = signature
        .parameters
        .iter()
        .filter_map(|parameter| Some((parameter.ident.as_ref()?, parameter.ty.clone())))
        .unzip();
    let output = &signature.output;
    let where_clause = &generics.where_clause;
    let turbofish = turbofish(generics);
    let arguments: Vec<_> = idents.iter().zip(&types).map(|(ident, ty)| again::give(root, ident, ty)).collect();
    let mut named = generics.clone();
    types.iter_mut().for_each(|ty| Elided(&mut named).visit_type_mut(ty));
    let captured = captured(&named);
    let at = output_span(signature);
    let at_output = root.private(at);
    let asyncness = blocking.is_none().then(|| quote!(async));
    let call = match blocking {
        Some(_) if idents.is_empty() => quote_spanned!(at=> #at_output::blocking(__body #turbofish)),
        Some(_) => quote_spanned! {at=> {
            let (#(#idents,)*) = (#(#arguments,)*);
            #at_output::blocking(move || __body #turbofish(#(#idents),*))
        }},
        None => quote_spanned!(at=> __body #turbofish(#(#arguments),*)),
    };
    let step = quote_spanned!(at=> #at_output::step_of!(#name, [#(#idents),* #captured] #call));
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
        #visibility #fn_token #ident #named(#(#idents: #types),*) -> impl #private::StepCall<Output = #output>
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

/// The parameters that the body's future captures although no argument's type may say so.
fn captured(generics: &Generics) -> Option<TokenStream> {
    let captured: Vec<TokenStream> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.to_token_stream()),
            GenericParam::Lifetime(LifetimeParam { lifetime, .. }) => Some(quote!(&#lifetime ())),
            GenericParam::Const(_) => None,
        })
        .collect();
    (!captured.is_empty()).then(|| quote!(; #(#captured),*))
}

/// Gives names to what an `impl Trait` borrows without one, such as `impl IntoIterator<Item = &str>`: the future captures
/// that, and its type does not say so.
struct Elided<'a>(&'a mut Generics);

impl VisitMut for Elided<'_> {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        ty.bounds.iter_mut().for_each(|bound| Inside(self.0).visit_type_param_bound_mut(bound));
    }
}

/// See [`Elided`].
struct Inside<'a>(&'a mut Generics);

impl Inside<'_> {
    fn name(&mut self) -> Lifetime {
        let name = Lifetime::new(&format!("'__elided_{}", self.0.params.len()), Span::mixed_site());
        self.0.params.insert(0, GenericParam::Lifetime(LifetimeParam::new(name.clone())));
        self.0.lt_token.get_or_insert_default();
        self.0.gt_token.get_or_insert_default();
        name
    }
}

impl VisitMut for Inside<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.name();
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.name());
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    /// What a function borrows is between it and its caller.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
}

/// Where the result is said to be what it is.
fn output_span(signature: &Signature) -> Span {
    match &signature.written.output {
        ReturnType::Default => Span::mixed_site(),
        ReturnType::Type(_, ty) => start(ty),
    }
}
