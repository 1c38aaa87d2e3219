//! The `static`s that a body uses, as far as tokens show them: names in capitals may be constants as well.

use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprPath, Macro, PointerMutability, UnOp};

/// The name of a static or a constant, when that is all there is.
pub(super) fn name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident().filter(|ident| is_capital(ident)),
        Expr::Paren(expr) => name(&expr.expr),
        _ => None,
    }
}

/// Whether an expression is a static or a constant, or a reference to one.
pub(super) fn is_one(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(reference) => is_one(&reference.expr),
        expr => name(expr).is_some(),
    }
}

/// The `static mut` whose address is taken here: constants have none, and other statics none that can be written to.
/// Outside of unsafe code `&raw const` may be meant for one that never changes.
pub(super) fn addressed(expr: &Expr, in_unsafe: bool) -> Option<&Ident> {
    match expr {
        Expr::RawAddr(raw) if in_unsafe || matches!(raw.mutability, PointerMutability::Mut(_)) => name(&raw.expr),
        Expr::Reference(reference) if in_unsafe && reference.mutability.is_some() => name(&reference.expr),
        _ => None,
    }
}

/// The one in `addr_of_mut!(…)` or `addr_of!(…)`, likewise.
pub(super) fn taken_by(mac: &Macro, in_unsafe: bool) -> Option<Ident> {
    let last = &mac.path.segments.last()?.ident;
    if last != "addr_of_mut" && !(in_unsafe && last == "addr_of") {
        return None;
    }
    let mut tokens = mac.tokens.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(ident)), None) if is_capital(&ident) => Some(ident),
        _ => None,
    }
}

/// The `static mut` that a block is unsafe for: nothing else in it could be the reason.
pub(super) fn needed_by(block: &Block) -> Option<&Ident> {
    let mut reasons = Reasons::default();
    reasons.visit_block(block);
    let Reasons { names, others } = reasons;
    let first = names.first().copied().filter(|_| !others)?;
    names.iter().all(|name| *name == first).then_some(first)
}

/// What a block may be unsafe for.
#[derive(Default)]
struct Reasons<'a> {
    /// Names in capitals.
    names: Vec<&'a Ident>,
    /// Calls, pointers, fields of unions, and what is found where it stands.
    others: bool,
}

impl<'a> Visit<'a> for Reasons<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.others |= match expr {
            Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_) | Expr::RawAddr(_) | Expr::Assign(_) => true,
            Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)),
            Expr::Field(field) => name(&field.base).is_none(),
            Expr::Reference(reference) => reference.mutability.is_some(),
            Expr::Binary(binary) => name(&binary.left).is_some() && super::search::is_assignment(&binary.op),
            _ => false,
        };
        visit::visit_expr(self, expr);
    }

    fn visit_expr_path(&mut self, path: &'a ExprPath) {
        match path.path.get_ident() {
            Some(ident) if is_capital(ident) => self.names.push(ident),
            Some(_) => {}
            None => self.others = true,
        }
    }

    fn visit_macro(&mut self, _: &'a Macro) {
        self.others = true;
    }
}

/// Whether a name is written as statics are.
fn is_capital(ident: &Ident) -> bool {
    let text = ident.unraw().to_string();
    text.len() > 1 && text.chars().all(|character| character.is_ascii_uppercase() || "_0123456789".contains(character))
}
