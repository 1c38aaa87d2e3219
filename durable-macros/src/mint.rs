//! Identifiers and paths that generated code brings along.
//!
//! A minted identifier is invisible to the user's code, and the user's to it: it is resolved where the macro is defined
//! and only located at the token that caused it.

use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::Path;

/// The hidden context of a durable function, a branch or a closure.
pub(crate) fn ctx(at: Span) -> Ident {
    ident("__ctx", at)
}

/// An identifier of our own.
pub(crate) fn ident(name: &str, at: Span) -> Ident {
    Ident::new(name, hidden(at))
}

/// Located at the user's token, but resolved in the macro's own edition and scope.
pub(crate) fn hidden(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// Where generated code finds the library: `::durable`, or what `crate = "…"` says.
#[derive(Clone)]
pub(crate) struct Root(Rc<[TokenTree]>);

impl Root {
    pub(crate) fn new(path: Option<Path>) -> Self {
        let path = path.map_or_else(|| quote!(::durable), |path| path.to_token_stream());
        Self(quote!(#path::__private).into_iter().collect())
    }

    /// What generated code may name, located at a token of the user: also what `crate = "…"` says, which would else be
    /// blamed for what happens there.
    pub(crate) fn private(&self, at: Span) -> Private<'_> {
        Private { root: self, at }
    }
}

/// See [`Root::private`]. It writes its tokens one by one: each piece of finished tokens is a call to the compiler.
pub(crate) struct Private<'a> {
    root: &'a Root,
    at: Span,
}

impl ToTokens for Private<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for token in &*self.root.0 {
            let mut token = token.clone();
            token.set_span(self.at);
            tokens.append(token);
        }
    }
}
