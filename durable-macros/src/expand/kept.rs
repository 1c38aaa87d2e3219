//! The names in a body that is not written, so that what it imports counts as used.
//!
//! Each is named once, next to the error: where there is one already, the compiler does not ask for types.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprCall, ExprPath, ExprStruct, GenericParam, Ident, Item, ItemUse, Macro, PatIdent, PatStruct,
    PatTupleStruct, Path, PathArguments, Signature, UseTree,
};

/// Statements that name what a body names, but for what belongs to the function.
pub(super) fn names(signature: &Signature, block: &Block) -> TokenStream {
    let mut own = Own { names: BTreeSet::from(["Self".to_owned()]), globs: Vec::new() };
    own.visit_signature(signature);
    own.visit_block(block);
    let Own { names: own, globs } = own;
    let mut names = Names { own, values: Vec::new(), structs: Vec::new(), macros: Vec::new() };
    names.visit_block(block);
    let Names { values, structs, macros, .. } = names;
    quote_spanned! {Span::mixed_site()=>
        #(#[allow(unused_imports)] #globs)*
        #(#[allow(unused_imports)] use #macros as _;)*
        #(let _ = #values;)*
        #(if let #structs { .. } = ::core::unreachable!() {})*
    }
}

/// What the body itself introduces: variables, items and imports.
struct Own {
    names: BTreeSet<String>,
    /// Imports of names that are not written down.
    globs: Vec<ItemUse>,
}

impl Own {
    fn add(&mut self, ident: &Ident) {
        self.names.insert(ident.unraw().to_string());
    }

    fn add_imports(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.add_imports(&path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_imports(tree)),
            UseTree::Name(name) => self.add(&name.ident),
            UseTree::Rename(rename) => self.add(&rename.rename),
            UseTree::Glob(_) => {}
        }
    }
}

impl<'ast> Visit<'ast> for Own {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.add(&pat.ident);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_generic_param(&mut self, parameter: &'ast GenericParam) {
        match parameter {
            GenericParam::Type(parameter) => self.add(&parameter.ident),
            GenericParam::Const(parameter) => self.add(&parameter.ident),
            GenericParam::Lifetime(_) => {}
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(item) if has_glob(&item.tree) => self.globs.push(item.clone()),
            Item::Use(item) => self.add_imports(&item.tree),
            Item::Fn(item) => self.add(&item.sig.ident),
            Item::Struct(item) => self.add(&item.ident),
            Item::Enum(item) => self.add(&item.ident),
            Item::Const(item) => self.add(&item.ident),
            Item::Static(item) => self.add(&item.ident),
            Item::Mod(item) => self.add(&item.ident),
            Item::Type(item) => self.add(&item.ident),
            Item::Trait(item) => self.add(&item.ident),
            Item::Union(item) => self.add(&item.ident),
            Item::Macro(item) => item.ident.iter().for_each(|ident| self.add(ident)),
            _ => {}
        }
    }
}

fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(has_glob),
        UseTree::Glob(_) => true,
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

struct Names {
    own: BTreeSet<String>,
    values: Vec<ExprPath>,
    structs: Vec<Path>,
    macros: Vec<Path>,
}

impl Names {
    fn is_foreign(&self, path: &Path) -> bool {
        path.segments.first().is_some_and(|first| !self.own.contains(&first.ident.unraw().to_string()))
    }

    fn value(&mut self, path: &ExprPath) {
        if path.qself.is_none() && self.is_foreign(&path.path) {
            self.values.push(ExprPath { attrs: Vec::new(), qself: None, path: without_arguments(&path.path) });
        }
    }

    fn named(&mut self, path: &Path) {
        if self.is_foreign(path) {
            self.structs.push(without_arguments(path));
        }
    }
}

/// The path without what may name a parameter of the function.
fn without_arguments(path: &Path) -> Path {
    let mut path = path.clone();
    path.segments.iter_mut().for_each(|segment| segment.arguments = PathArguments::None);
    path
}

impl<'ast> Visit<'ast> for Names {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        match &*call.func {
            Expr::Path(path) => self.value(path),
            other => self.visit_expr(other),
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    /// A single name may be a parameter, unless it is written as constants are.
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let single = path.path.get_ident().filter(|_| path.qself.is_none());
        if single.is_none_or(|ident| ident.to_string().starts_with(char::is_uppercase) && ident != "Self") {
            self.value(path);
        }
    }

    fn visit_expr_struct(&mut self, literal: &'ast ExprStruct) {
        self.named(&literal.path);
        visit::visit_expr_struct(self, literal);
    }

    fn visit_pat_struct(&mut self, pat: &'ast PatStruct) {
        self.named(&pat.path);
        visit::visit_pat_struct(self, pat);
    }

    fn visit_pat_tuple_struct(&mut self, pat: &'ast PatTupleStruct) {
        self.value(&ExprPath { attrs: Vec::new(), qself: pat.qself.clone(), path: pat.path.clone() });
        visit::visit_pat_tuple_struct(self, pat);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if self.is_foreign(&mac.path) {
            self.macros.push(mac.path.clone());
        }
        if let Ok(arguments) =
            mac.parse_body_with(syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated)
        {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse_quote;

    use super::names;

    #[test]
    fn what_the_body_introduces_is_left_out() {
        let block = parse_quote!({
            use crate::shop::Till;
            let send = |to| to;
            send(Till::new(LIMIT), T::new(), mode());
            match mode {
                Mode::Fast => charge(order, |x| x),
                Slow(_) => html!(a),
                Other { .. } => Receipt { total },
            }
        });
        let written = names(&parse_quote!(fn f<T>(mode: T)), &block).to_string();
        let expected = quote! {
            #[allow(unused_imports)] use html as _;
            let _ = LIMIT; let _ = Mode::Fast; let _ = charge; let _ = Slow;
            if let Other { .. } = ::core::unreachable!() {}
            if let Receipt { .. } = ::core::unreachable!() {}
        };
        assert_eq!(written, expected.to_string());
    }
}
