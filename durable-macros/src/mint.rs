//! Identifiers and paths that generated code brings along.
//!
//! A minted identifier is invisible to the user's code, and the user's to it: it is resolved where the macro is defined
//! and only located at the token that caused it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Path, parse_quote};

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
pub(crate) struct Root(Path);

impl Root {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path.unwrap_or_else(|| parse_quote!(::durable)))
    }

    /// The library's path, located at a token of the user.
    pub(crate) fn path(&self, at: Span) -> TokenStream {
        let Self(path) = self;
        respan(quote_spanned!(at=> #path), at)
    }

    /// What generated code may name, located at a token of the user.
    pub(crate) fn private(&self, at: Span) -> TokenStream {
        let root = self.path(at);
        quote_spanned!(at=> #root::__private)
    }
}

/// A path written in an attribute would else be blamed for what happens at `at`.
fn respan(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(at);
            token
        })
        .collect()
}
