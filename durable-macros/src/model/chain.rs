//! The postfix chain under a `#[step]`: `BASE.await` and what follows it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprAsync, ExprAwait, ExprBreak, ExprClosure, ExprContinue, ExprForLoop, ExprLoop, ExprReturn, ExprTry,
    ExprWhile, Item, Macro,
};

use super::{StepFacts, readable};

/// What `#[step]` on this expression covers.
pub(super) fn facts(expr: &Expr) -> StepFacts {
    let mut seen = Seen::default();
    seen.visit_expr(expr);
    let awaits = seen.awaits;
    let mut seen = Seen::default();
    seen.visit_expr(base(expr));
    StepFacts { awaits, ends_in_await: ends_in_await(expr), exits: seen.exits }
}

/// What is left of an expression without its last postfix operator.
pub(crate) fn inner(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Try(expr) => Some(&expr.expr),
        Expr::Paren(expr) => Some(&expr.expr),
        Expr::Group(expr) => Some(&expr.expr),
        Expr::Field(expr) => Some(&expr.base),
        Expr::Index(expr) => Some(&expr.expr),
        Expr::MethodCall(expr) => Some(&expr.receiver),
        _ => None,
    }
}

/// Whether an await ends the chain, up to `?`, fields, indices and method calls.
pub(crate) fn ends_in_await(expr: &Expr) -> bool {
    matches!(expr, Expr::Await(_)) || inner(expr).is_some_and(ends_in_await)
}

/// Whether the step or branch that an expression performs gives the value of the whole expression.
pub(super) fn is_whole(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Try(_) => false,
        _ => !ends_in_await(expr),
    }
}

/// What becomes the step's body: the awaited expression, or without an await everything up to the last `?`.
pub(super) fn base(expr: &Expr) -> &Expr {
    match expr {
        Expr::Await(expr) => &expr.base,
        Expr::Try(expr) => base(&expr.expr),
        _ if ends_in_await(expr) => inner(expr).map_or(expr, base),
        _ => expr,
    }
}

/// A part of the chain.
pub(crate) enum Part<'e> {
    /// The step: the await that ends the chain, or without one everything up to the last `?`.
    Step(&'e mut Expr),
    /// An index or an argument beside the chain, which is not part of the step.
    Beside(&'e mut Expr),
}

/// Visits the step first, then what stands beside the chain, from the inside out.
pub(crate) fn parts(expr: &mut Expr, visit: &mut impl FnMut(Part<'_>)) {
    if !matches!(expr, Expr::Try(_)) && !ends_in_await(expr) {
        return visit(Part::Step(expr));
    }
    match expr {
        Expr::Try(expr) => parts(&mut expr.expr, visit),
        Expr::Paren(expr) => parts(&mut expr.expr, visit),
        Expr::Group(expr) => parts(&mut expr.expr, visit),
        Expr::Field(expr) => parts(&mut expr.base, visit),
        Expr::Index(expr) => {
            parts(&mut expr.expr, visit);
            visit(Part::Beside(&mut expr.index));
        }
        Expr::MethodCall(expr) => {
            parts(&mut expr.receiver, visit);
            expr.args.iter_mut().for_each(|argument| visit(Part::Beside(argument)));
        }
        step => visit(Part::Step(step)),
    }
}

/// Awaits and exits that belong to the code itself, not to a closure or block inside it.
#[derive(Default)]
struct Seen {
    awaits: Vec<TokenStream>,
    exits: Vec<TokenStream>,
    /// Whether a `break` without a label stays in the code.
    in_loop: bool,
}

impl Seen {
    fn in_loop(&mut self, read: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.in_loop, true);
        read(self);
        self.in_loop = outside;
    }
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        visit::visit_expr_await(self, expr);
        self.awaits.push(expr.await_token.to_token_stream());
    }

    fn visit_expr_try(&mut self, expr: &'ast ExprTry) {
        visit::visit_expr_try(self, expr);
        self.exits.push(expr.question_token.to_token_stream());
    }

    fn visit_expr_return(&mut self, expr: &'ast ExprReturn) {
        self.exits.push(expr.return_token.to_token_stream());
    }

    fn visit_expr_break(&mut self, expr: &'ast ExprBreak) {
        visit::visit_expr_break(self, expr);
        if !self.in_loop || expr.label.is_some() {
            self.exits.push(expr.break_token.to_token_stream());
        }
    }

    fn visit_expr_continue(&mut self, expr: &'ast ExprContinue) {
        if !self.in_loop || expr.label.is_some() {
            self.exits.push(expr.continue_token.to_token_stream());
        }
    }

    fn visit_expr_loop(&mut self, expr: &'ast ExprLoop) {
        self.in_loop(|seen| visit::visit_expr_loop(seen, expr));
    }

    fn visit_expr_while(&mut self, expr: &'ast ExprWhile) {
        self.in_loop(|seen| visit::visit_expr_while(seen, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast ExprForLoop) {
        self.in_loop(|seen| visit::visit_expr_for_loop(seen, expr));
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        for expr in readable::expressions(mac) {
            // The tokens are all that is kept, so they may come from a copy.
            let mut inside = Seen { in_loop: self.in_loop, ..Seen::default() };
            inside.visit_expr(&expr);
            self.awaits.append(&mut inside.awaits);
            self.exits.append(&mut inside.exits);
        }
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_item(&mut self, _: &'ast Item) {}
}
