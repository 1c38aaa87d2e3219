//! Operations that are made in one place and awaited in another.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::{Expr, Ident};

use super::plan::Kind;
use super::{Name, name};

/// An operation, as far as tokens show it.
pub(super) struct Operation {
    pub(super) name: Name,
    pub(super) kind: Kind,
    /// The name that it had before.
    pub(super) was: Option<String>,
    /// Whether it has a `.key(…)`.
    pub(super) keyed: bool,
}

impl Operation {
    fn of(expr: &Expr, name: Name, kind: Kind) -> Self {
        Self { name, kind, was: name::was(expr), keyed: name::said(expr, "key").is_some() }
    }

    fn or(self, held: &Held) -> Self {
        let Self { name, kind, was, keyed } = self;
        Self { name, kind: kind.or(held.kind), was: was.or_else(|| held.was.clone()), keyed: keyed || held.keyed }
    }
}

/// What an operation in a variable is and is called; its own name only, if it has any.
#[derive(Clone)]
struct Held {
    name: Option<String>,
    kind: Kind,
    was: Option<String>,
    keyed: bool,
}

/// The variables that hold an operation which is not awaited yet.
#[derive(Clone, Default)]
pub(super) struct Bound(BTreeMap<String, Held>);

/// What a variable is to hold.
pub(super) struct Holding(Held);

impl Bound {
    /// The operation that an initialiser makes and does not await.
    pub(super) fn held(&self, init: &Expr) -> Option<Holding> {
        if let Some(held) = self.variable(init) {
            return Some(Holding(held.clone()));
        }
        let Operation { name, kind, was, keyed } = Operation::of(init, name::of_operation(init, None), Kind::of(init));
        let name = match name {
            // `named(name())`: only a run knows.
            Name::AtRunTime => return None,
            Name::Known { text, .. } => Some(text),
            Name::Missing => None,
        };
        let Expr::Call(call) = name::without_options(init) else { return None };
        // Without a name of its own, what a constructor makes takes that of the variable.
        let named = name::is_named(init) || name::constructor(call).is_none();
        matches!(&*call.func, Expr::Path(_)).then(|| Holding(Held { name: name.filter(|_| named), kind, was, keyed }))
    }

    pub(super) fn hold(&mut self, variable: &Ident, Holding(held): Holding) {
        self.0.insert(name::plain(variable), held);
    }

    pub(super) fn release(&mut self, variable: &Ident) {
        self.0.remove(&name::plain(variable));
    }

    /// What awaiting this expression performs: for a variable, what it holds.
    pub(super) fn operation(&self, expr: &Expr, binding: Option<&Ident>) -> Operation {
        let base = name::without_options(expr);
        let operation = Operation::of(expr, name::of_operation(expr, binding), Kind::of(expr));
        let Some(held) = self.variable(base) else { return operation };
        match &held.name {
            Some(text) if !name::is_named(expr) => Operation { name: known(text, base), ..operation }.or(held),
            _ => operation.or(held),
        }
    }

    /// The operation that an element of a `join` is; one without a name of its own is called by its number.
    pub(super) fn element(&self, element: &Expr, numbered: &str) -> Option<Operation> {
        let operation = Operation::of(element, name::of_operation(element, None), Kind::of(element));
        if name::is_named(element) {
            return Some(operation);
        }
        match name::without_options(element) {
            Expr::Call(call) if name::constructor(call).is_some() => {
                Some(Operation { name: known(numbered, element), ..operation })
            }
            Expr::Call(_) | Expr::MethodCall(_) => Some(operation),
            base => {
                let held = self.variable(base)?;
                let name = known(held.name.as_deref().unwrap_or(numbered), element);
                Some(Operation { name, ..operation }.or(held))
            }
        }
    }

    fn variable(&self, expr: &Expr) -> Option<&Held> {
        let Expr::Path(path) = expr else { return None };
        self.0.get(&name::plain(path.path.get_ident().filter(|_| path.qself.is_none())?))
    }
}

fn known(text: &str, at: &Expr) -> Name {
    Name::Known { text: text.to_owned(), at: at.to_token_stream() }
}
