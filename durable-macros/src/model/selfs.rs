//! `Self` in the body of a function that becomes one of its own.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Block, Item, Macro, Path};

/// Every `Self` of a body that means the type around the function.
pub(super) fn of(block: &Block) -> Vec<Ident> {
    let mut seen = Seen(Vec::new());
    seen.visit_block(block);
    seen.0
}

struct Seen(Vec<Ident>);

impl Seen {
    fn read(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == "Self" => self.0.push(ident),
                TokenTree::Group(group) => self.read(group.stream()),
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_path(&mut self, path: &'ast Path) {
        self.0.extend(path.segments.first().map(|first| first.ident.clone()).filter(|first| first == "Self"));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.read(mac.tokens.clone());
    }

    /// An `impl` has a `Self` of its own.
    fn visit_item(&mut self, _: &'ast Item) {}
}
