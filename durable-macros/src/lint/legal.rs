//! The signature that a refused function could have.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{Generics, Ident, Lifetime, Type, TypeSlice, parse_quote};

use crate::model::Signature;
use crate::report::code;

/// The signature as it may be, to paste.
pub(super) fn legal(signature: &Signature) -> String {
    let name = &signature.written.ident;
    let generics = &signature.written.generics;
    let parameters = signature.parameters.iter().enumerate().map(|(number, parameter)| {
        let ident = parameter.ident.clone().unwrap_or_else(|| format_ident!("argument_{}", number + 1));
        let ty = Named { generics, stand_in: type_name(&ident) }.of(&parameter.ty);
        match &parameter.state {
            Some(state) => quote!(State(state): State<#state>),
            None => quote!(#ident: #ty),
        }
    });
    let output = output(signature, generics);
    code(quote!(async fn #name(#(#parameters),*) #output))
}

/// The result of a step as it may be, to paste. A step may be generic.
pub(super) fn legal_output(signature: &Signature) -> String {
    code(output(signature, &Generics::default()))
}

fn output(signature: &Signature, generics: &Generics) -> TokenStream {
    match (Named { generics, stand_in: format_ident!("Output") }).of(&signature.output) {
        Type::Tuple(unit) if unit.elems.is_empty() => TokenStream::new(),
        output => quote!(-> #output),
    }
}

/// `PlacedOrder` for `placed_order`.
fn type_name(ident: &Ident) -> Ident {
    let words = ident.unraw().to_string();
    let capitalised = words.split('_').flat_map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<Vec<_>>()
    });
    format_ident!("{}", capitalised.collect::<String>())
}

/// Makes an owned type with a name of what is borrowed, generic or only known by its traits.
struct Named<'a> {
    generics: &'a Generics,
    stand_in: Ident,
}

impl Named<'_> {
    fn of(mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit_type_mut(&mut ty);
        ty
    }

    fn is_unknown(&self, ty: &Type) -> bool {
        let Type::Path(path) = ty else { return matches!(ty, Type::ImplTrait(_)) };
        path.path.is_ident("Self") || self.generics.type_params().any(|generic| path.path.is_ident(&generic.ident))
    }
}

impl VisitMut for Named<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        lifetime.ident = format_ident!("static");
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Reference(reference) = ty {
            *ty = match &*reference.elem {
                Type::Path(path) if path.path.is_ident("str") => parse_quote!(String),
                Type::Path(path) if path.path.is_ident("Path") => parse_quote!(PathBuf),
                Type::Path(path) if path.path.is_ident("OsStr") => parse_quote!(OsString),
                Type::Path(path) if path.path.is_ident("CStr") => parse_quote!(CString),
                Type::TraitObject(object) => parse_quote!(Box<#object>),
                Type::Slice(TypeSlice { elem, .. }) => parse_quote!(Vec<#elem>),
                other => other.clone(),
            };
            return self.visit_type_mut(ty);
        }
        if self.is_unknown(ty) {
            let stand_in = &self.stand_in;
            *ty = parse_quote!(#stand_in);
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }
}
