//! A report in the place of what it is about.
//!
//! `compile_error!` as an expression has any type, so nothing that is done with it is another error. What was called in
//! the code that it replaces is named once more, so that it counts as used.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, ExprMacro, Macro, Path};

use crate::report::Report;

/// A report instead of a call or a macro.
pub(super) fn of_expr(report: &Report, expr: &Expr) -> TokenStream {
    let block = match expr {
        Expr::Macro(ExprMacro { mac, .. }) => of_macro(report, mac),
        expr => with(report, &TokenStream::new(), expr.to_token_stream()),
    };
    // At the beginning of a statement, what follows would not belong to it.
    quote_spanned!(Span::mixed_site()=> (#block))
}

/// A report instead of a macro that is a statement.
pub(super) fn of_macro(report: &Report, mac: &Macro) -> TokenStream {
    let path = &mac.path;
    with(report, &quote!(#[allow(unused_imports)] use #path as _;), mac.tokens.clone())
}

fn with(report: &Report, import: &TokenStream, replaced: TokenStream) -> TokenStream {
    let mut names = Names::default();
    names.read(replaced);
    let called = names
        .called
        .iter()
        .filter(|path| path.get_ident().is_none_or(|ident| !names.bare.contains(&ident.to_string())));
    quote_spanned!(Span::mixed_site()=> { #import #(let _ = #called;)* #report })
}

/// The names among tokens that may be nothing but a macro's.
#[derive(Default)]
struct Names {
    /// What is called.
    called: Vec<Path>,
    /// Single names that are not called: one of them may be a variable that the tokens introduce.
    bare: BTreeSet<String>,
}

impl Names {
    fn read(&mut self, tokens: TokenStream) {
        let mut path = TokenStream::new();
        let mut before = None;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                // An attribute.
                TokenTree::Punct(punct) if punct.as_char() == '#' => drop(tokens.next()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => path.extend([TokenTree::from(punct)]),
                TokenTree::Ident(ident) => {
                    path.extend([TokenTree::from(ident)]);
                    if !matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':') {
                        let is_called = matches!(tokens.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
                        self.add(std::mem::take(&mut path), before == Some('.'), is_called);
                    }
                    before = None;
                    continue;
                }
                TokenTree::Punct(punct) => {
                    path = TokenStream::new();
                    before = Some(punct.as_char());
                    continue;
                }
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Literal(_) => {}
            }
            before = None;
        }
    }

    fn add(&mut self, path: TokenStream, is_method: bool, is_called: bool) {
        let Ok(path) = syn::parse2::<Path>(path) else { return };
        match path.get_ident() {
            _ if is_method => {}
            Some(ident) if !is_called => drop(self.bare.insert(ident.to_string())),
            _ if is_called => self.called.push(path),
            _ => {}
        }
    }
}
