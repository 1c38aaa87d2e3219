//! What names in a body mean, as far as the body itself says: the `use` lines and the items of the blocks around.

use std::collections::BTreeMap;

use syn::{Block, ExprPath, Ident, Item, Path, StaticMutability, Stmt, Type, UseTree};

use super::name::plain;

/// A name may stand for a path that begins with another imported name, and so on; not for ever.
const DEEPEST: usize = 4;

/// The names that the blocks around introduce, outermost first.
#[derive(Default)]
pub(super) struct Imports(Vec<Scope>);

/// The names that one block introduces, wherever in it they stand.
#[derive(Default)]
struct Scope {
    /// The path that a name stands for; none for the block's own items.
    names: BTreeMap<String, Option<Vec<String>>>,
    /// The modules of which everything is imported.
    globs: Vec<Vec<String>>,
    /// The block's `static mut`s.
    mutable: Vec<String>,
}

impl Imports {
    pub(super) fn enter(&mut self, block: &Block) {
        self.0.push(Scope::read(block));
    }

    pub(super) fn leave(&mut self) {
        self.0.pop();
    }

    /// A path as it would be written without the `use` lines around; nothing for what the blocks define themselves.
    pub(super) fn resolve(&self, mut path: Vec<String>) -> Option<Vec<String>> {
        for _ in 0..DEEPEST {
            let (first, rest) = path.split_first()?;
            match self.meaning(first) {
                None => break,
                Some(None) => return None,
                Some(Some(full)) => {
                    let again = full.first() != Some(first);
                    path = full.iter().chain(rest).cloned().collect();
                    if !again {
                        break;
                    }
                }
            }
        }
        Some(path)
    }

    /// The paths that a name could stand for because of a `use …::*`.
    pub(super) fn globbed(&self, name: &str) -> Vec<Vec<String>> {
        if self.meaning(name).is_some() {
            return Vec::new();
        }
        let globs = self.0.iter().flat_map(|scope| &scope.globs).filter_map(|glob| self.resolve(glob.clone()));
        globs.map(|glob| glob.into_iter().chain([name.to_owned()]).collect()).collect()
    }

    /// Whether a single name was brought in by a `use` line.
    pub(super) fn knows(&self, name: &Ident) -> bool {
        matches!(self.meaning(&plain(name)), Some(Some(_)))
    }

    pub(super) fn is_mutable_static(&self, name: &Ident) -> bool {
        let name = plain(name);
        self.0.iter().any(|scope| scope.mutable.contains(&name))
    }

    fn meaning(&self, name: &str) -> Option<&Option<Vec<String>>> {
        self.0.iter().rev().find_map(|scope| scope.names.get(name))
    }
}

impl Scope {
    fn read(block: &Block) -> Self {
        let mut scope = Self::default();
        for statement in &block.stmts {
            if let Stmt::Item(item) = statement {
                scope.add_item(item);
            }
        }
        scope
    }

    fn add_item(&mut self, item: &Item) {
        match item {
            Item::Use(item) => self.add(&item.tree, &[]),
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
            UseTree::Glob(_) => self.globs.push(prefix.to_vec()),
        }
    }

    fn define(&mut self, ident: &Ident) {
        self.names.insert(plain(ident), None);
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
