//! Marks on a body: the reading stage numbers what the writing stage replaces.
//!
//! A mark is an attribute `#[__mark(3)]` on the expression, and an entry 3 in the table. What has no mark is written
//! back as it is, so that whatever the reading stage passes over (nested items, step bodies) stays untouched.

use proc_macro2::{Literal, TokenStream};
use syn::{Attribute, Expr, LitInt, Path, Type, parse_quote};

use super::attribute;
use crate::args::Attempts;

/// What stands at a marked expression.
pub(crate) enum Mark {
    /// `operation.await`, and the operation's name.
    Await(String),
    /// `callback.await_callback()`, and its name.
    Callback(String),
    /// `#[step]` on an expression.
    Step { name: String, attempts: Box<Attempts>, ty: Option<Type> },
    /// `async { … }`, its name when a pattern gives one, and its type when a `let` gives one.
    Branch { name: Option<String>, ty: Option<Type> },
    /// `async |x| …`.
    Closure,
    /// A `for` that performs operations.
    Loop,
    /// A call that performs operations for each of the items it is given first.
    Items,
    /// A macro whose arguments contain marks.
    Macro(Vec<Argument>),
}

/// One argument of a readable macro.
pub(crate) struct Argument {
    /// What is not an expression: `field = %`, a pattern, or everything when no expression was found.
    pub(crate) prefix: TokenStream,
    pub(crate) expr: Option<Expr>,
    /// The comma or semicolon behind it.
    pub(crate) separator: TokenStream,
}

/// The table of marks.
#[derive(Default)]
pub(crate) struct Marks(Vec<Option<Mark>>);

impl Marks {
    /// Marks the owner of these attributes.
    pub(super) fn put(&mut self, attrs: &mut Vec<Attribute>, mark: Mark) {
        let number = Literal::usize_unsuffixed(self.0.len());
        attrs.push(parse_quote!(#[__mark(#number)]));
        self.0.push(Some(mark));
    }

    /// The name that the marked branch was given by a pattern.
    pub(super) fn branch_name(&self, attrs: &[Attribute]) -> Option<String> {
        let marked = attrs.iter().find(|attribute| is_mark(attribute.path()))?;
        let number: LitInt = marked.parse_args().ok()?;
        match self.0.get(number.base10_parse::<usize>().ok()?)? {
            Some(Mark::Branch { name, .. }) => name.clone(),
            _ => None,
        }
    }

    /// Takes the mark off an expression.
    pub(crate) fn take_from(&mut self, expr: &mut Expr) -> Option<Mark> {
        self.take(attribute::of(expr)?)
    }

    /// Takes the mark off the owner of these attributes.
    pub(crate) fn take(&mut self, attrs: &mut Vec<Attribute>) -> Option<Mark> {
        let position = attrs.iter().position(|attribute| is_mark(attribute.path()))?;
        let number: LitInt = attrs.remove(position).parse_args().ok()?;
        self.0.get_mut(number.base10_parse::<usize>().ok()?)?.take()
    }
}

pub(super) fn is_marked(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attribute| is_mark(attribute.path()))
}

fn is_mark(path: &Path) -> bool {
    path.is_ident("__mark")
}
