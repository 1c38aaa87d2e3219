//! What names in a body mean, as far as the body itself says: its `use` lines and its own items.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Block, ExprPath, Ident, Item, ItemUse, Path, StaticMutability, Type, UseTree};

use super::name::plain;

/// The names that a body introduces.
#[derive(Default)]
pub(super) struct Imports {
    /// The path that a name stands for; none for the body's own items.
    names: BTreeMap<String, Option<Vec<String>>>,
    /// The body's `static mut`s.
    mutable: Vec<String>,
}

impl Imports {
    pub(super) fn read(block: &Block) -> Self {
        let mut imports = Self::default();
        imports.visit_block(block);
        imports
    }

    /// A path as it would be written without the body's `use` lines; nothing for what the body defines itself.
    pub(super) fn resolve(&self, path: Vec<String>) -> Option<Vec<String>> {
        match path.split_first() {
            None => None,
            Some((first, rest)) => match self.names.get(first) {
                None => Some(path),
                Some(None) => None,
                Some(Some(full)) => Some(full.iter().chain(rest).cloned().collect()),
            },
        }
    }

    /// Whether a single name was brought in by a `use` line.
    pub(super) fn knows(&self, name: &Ident) -> bool {
        matches!(self.names.get(&plain(name)), Some(Some(_)))
    }

    pub(super) fn is_mutable_static(&self, name: &Ident) -> bool {
        self.mutable.contains(&plain(name))
    }

    fn add(&mut self, tree: &UseTree, prefix: &[String]) {
        let with = |ident: &Ident| prefix.iter().cloned().chain([plain(ident)]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.add(&path.tree, &with(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree, prefix)),
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = prefix.last() {
                    self.names.insert(last.clone(), Some(prefix.to_vec()));
                }
            }
            UseTree::Name(name) => {
                self.names.insert(plain(&name.ident), Some(with(&name.ident)));
            }
            UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { prefix.to_vec() } else { with(&rename.ident) };
                self.names.insert(plain(&rename.rename), Some(path));
            }
            UseTree::Glob(_) => {}
        }
    }

    fn define(&mut self, ident: &Ident) {
        self.names.insert(plain(ident), None);
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add(&item.tree, &[]);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(item) => self.visit_item_use(item),
            Item::Macro(item) => item.ident.iter().for_each(|ident| self.define(ident)),
            Item::Fn(item) => self.define(&item.sig.ident),
            Item::Struct(item) => self.define(&item.ident),
            Item::Enum(item) => self.define(&item.ident),
            Item::Mod(item) => self.define(&item.ident),
            Item::Type(item) => self.define(&item.ident),
            Item::Static(item) if matches!(item.mutability, StaticMutability::Mut(_)) => {
                self.mutable.push(plain(&item.ident));
            }
            _ => {}
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        visit::visit_block(self, block);
    }
}

/// The names of a path; `<Instant>::now` and `<SystemTime as Clock>::now` begin with the type's.
pub(super) fn segments(path: &ExprPath) -> Vec<String> {
    let mut names = Vec::new();
    let skip = match &path.qself {
        Some(qself) => {
            if let Type::Path(ty) = &*qself.ty {
                names.extend(idents(&ty.path));
            }
            qself.position
        }
        None => 0,
    };
    names.extend(idents(&path.path).skip(skip));
    names
}

pub(super) fn idents(path: &Path) -> impl Iterator<Item = String> {
    path.segments.iter().map(|segment| plain(&segment.ident))
}
