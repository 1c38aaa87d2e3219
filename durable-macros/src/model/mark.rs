//! Marks on a body: the reading stage numbers what the writing stage replaces.
//!
//! A mark is an attribute `#[__mark = .3]` on the expression, and an entry 3 in the table. What has no mark is written
//! back as it is, so that whatever the reading stage passes over (nested items, step bodies) stays untouched.

use proc_macro2::{Ident, Span, TokenStream};
use syn::token::Bracket;
use syn::{AttrStyle, Attribute, Expr, ExprField, Index, Member, Meta, MetaNameValue, Token, Type};

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
        attrs.push(numbered(MARK, self.0.len()));
        self.0.push(Some(mark));
    }

    /// The name that the marked branch was given by a pattern.
    pub(super) fn branch_name(&self, attrs: &[Attribute]) -> Option<String> {
        match self.0.get(attrs.iter().find_map(|attribute| number(MARK, attribute))?)? {
            Some(Mark::Branch { name, .. }) => name.clone(),
            _ => None,
        }
    }

    /// Takes the mark off an expression.
    pub(crate) fn take_from(&mut self, expr: &mut Expr) -> Option<Mark> {
        self.take(super::attribute::of(expr)?)
    }

    /// Takes the mark off the owner of these attributes.
    pub(crate) fn take(&mut self, attrs: &mut Vec<Attribute>) -> Option<Mark> {
        self.0.get_mut(take_number(MARK, attrs)?)?.take()
    }
}

pub(super) fn is_marked(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attribute| number(MARK, attribute).is_some())
}

/// Takes the attributes off an expression that the user wrote.
pub(crate) fn take_written(expr: &mut Expr) -> Vec<Attribute> {
    let Some(attrs) = super::attribute::of(expr) else { return Vec::new() };
    let is_ours = |attribute: &Attribute| [MARK, super::NUMBER].iter().any(|name| number(name, attribute).is_some());
    attrs.extract_if(.., |attribute| !is_ours(attribute)).collect()
}

/// Puts them back where they stood.
pub(crate) fn put_back(written: Vec<Attribute>, expr: &mut Expr) {
    if let Some(attrs) = super::attribute::of(expr) {
        attrs.splice(0..0, written);
    }
}

/// Takes the number off that was noted under this name.
pub(crate) fn take_number(name: &str, attrs: &mut Vec<Attribute>) -> Option<usize> {
    let numbers = attrs.iter().map(|attribute| number(name, attribute));
    let (position, number) = numbers.enumerate().find_map(|(position, number)| Some((position, number?)))?;
    attrs.remove(position);
    Some(number)
}

/// `#[__mark = .3]`, put together by hand: there are many of them, and parsing takes its time. The number is the name of
/// a field, as that is the only number in syntax that is not held as text.
pub(super) fn numbered(name: &str, number: usize) -> Attribute {
    let index = Index { index: number.try_into().unwrap_or(u32::MAX), span: Span::call_site() };
    let value = ExprField {
        attrs: Vec::new(),
        base: Box::new(Expr::Verbatim(TokenStream::new())),
        dot_token: Token![.](Span::call_site()),
        member: Member::Unnamed(index),
    };
    Attribute {
        pound_token: Token![#](Span::call_site()),
        style: AttrStyle::Outer,
        bracket_token: Bracket::default(),
        meta: Meta::NameValue(MetaNameValue {
            path: Ident::new(name, Span::call_site()).into(),
            eq_token: Token![=](Span::call_site()),
            value: Expr::Field(value),
        }),
    }
}

/// The number that an attribute of this name holds.
fn number(name: &str, attribute: &Attribute) -> Option<usize> {
    match &attribute.meta {
        Meta::NameValue(MetaNameValue { path, value: Expr::Field(value), .. }) if path.is_ident(name) => {
            let Member::Unnamed(index) = &value.member else { return None };
            index.index.try_into().ok()
        }
        _ => None,
    }
}

const MARK: &str = "__mark";
