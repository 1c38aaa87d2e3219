//! A function's parameters and output.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Attribute, FnArg, GenericArgument, Ident, Lifetime, ParenthesizedGenericArguments, Pat, PatType, PathArguments,
    ReturnType, TraitBound, Type, TypeFnPtr, TypeImplTrait, TypePath, TypeReference, parse_quote,
};

use super::attribute;

/// More arguments than this can't be recorded.
pub(crate) const MAX_ARGUMENTS: usize = 8;

/// A signature as written, and what its parameters mean.
pub(crate) struct Signature {
    pub(crate) written: syn::Signature,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Type,
}

/// A parameter of a durable function or a step.
pub(crate) struct Parameter {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) pat: Pat,
    /// The name, when the pattern is one.
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    /// What the engine was given, when the parameter is a `State<…>`.
    pub(crate) state: Option<Type>,
}

impl Signature {
    pub(crate) fn read(written: syn::Signature) -> Self {
        let parameters = written.inputs.iter().filter_map(parameter).collect();
        let output = match &written.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        Self { written, parameters, output }
    }

    /// The parameters that a caller gives and the history keeps.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.state.is_none())
    }

    /// The `#[step]`s on parameters, which are no steps.
    pub(crate) fn misplaced(&mut self) -> Vec<Attribute> {
        let parameters = self.parameters.iter_mut();
        parameters.flat_map(|parameter| parameter.attrs.extract_if(.., |found| attribute::is_step(found))).collect()
    }

    pub(crate) fn has_receiver(&self) -> bool {
        self.written.receiver().is_some()
    }
}

fn parameter(argument: &FnArg) -> Option<Parameter> {
    match argument {
        FnArg::Receiver(_) => None,
        FnArg::Typed(PatType { attrs, pat, ty, .. }) => Some(Parameter {
            attrs: attrs.clone(),
            pat: (**pat).clone(),
            ident: ident(pat),
            ty: (**ty).clone(),
            state: state(ty),
        }),
    }
}

/// The name that a parameter or a `let` binds, when it is a single one.
pub(super) fn ident(pat: &Pat) -> Option<Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        Pat::Type(pat) => ident(&pat.pat),
        Pat::Paren(pat) => ident(&pat.pat),
        _ => None,
    }
}

/// The type that a `let` gives to what it binds.
pub(super) fn ascribed(pat: &Pat) -> Option<Type> {
    match pat {
        Pat::Type(pat) => Some((*pat.ty).clone()),
        _ => None,
    }
}

/// `App` in `State<App>`.
fn state(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == "State")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}

/// The first reference or lifetime in a type that is not `'static`.
pub(crate) fn borrowed(ty: &Type) -> Option<TokenStream> {
    let mut found = Borrowed(None);
    found.visit_type(ty);
    found.0
}

/// The first `impl Trait` or `Self` in a type.
pub(crate) fn unnamed(ty: &Type) -> Option<TokenStream> {
    let mut found = Unnamed(None);
    found.visit_type(ty);
    found.0
}

struct Borrowed(Option<TokenStream>);

impl<'ast> Visit<'ast> for Borrowed {
    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.0.get_or_insert_with(|| lifetime.to_token_stream());
        }
    }

    /// What a function borrows is between it and its caller.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_trait_bound(&mut self, bound: &'ast TraitBound) {
        if bound.lifetimes.is_none() {
            visit::visit_trait_bound(self, bound);
        }
    }

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}

    /// What `<T as Source<'a>>::Key` stands for need not borrow.
    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        if ty.qself.is_none() {
            visit::visit_type_path(self, ty);
        }
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") {
            self.0.get_or_insert_with(|| reference.to_token_stream());
        }
    }
}

struct Unnamed(Option<TokenStream>);

impl<'ast> Visit<'ast> for Unnamed {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.0.get_or_insert_with(|| ty.to_token_stream());
    }

    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        if ty.path.is_ident("Self") {
            self.0.get_or_insert_with(|| ty.to_token_stream());
        }
        visit::visit_type_path(self, ty);
    }
}
