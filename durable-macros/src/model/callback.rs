//! `callback.await_callback()`: an await point by itself, also with `.await` behind it.

use syn::{Expr, ExprMethodCall};

/// The callback, when an expression is `callback.await_callback()`.
pub(super) fn awaited(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Paren(expr) => awaited(&expr.expr),
        Expr::MethodCall(call) if is_await(call) => Some(&call.receiver),
        _ => None,
    }
}

/// Whether a method call is `callback.await_callback()`.
pub(super) fn is_await(call: &ExprMethodCall) -> bool {
    call.method == "await_callback" && call.args.is_empty()
}

/// An expression without the parentheses around it.
pub(crate) fn unparenthesised(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Paren(expr) => unparenthesised(&mut expr.expr),
        expr => expr,
    }
}

/// Whether performing `expr.await_callback()` only waits for a callback that has been created, and named, before.
pub(super) fn is_created(receiver: &Expr) -> bool {
    match receiver {
        Expr::Path(_) | Expr::Field(_) => true,
        Expr::Paren(expr) => is_created(&expr.expr),
        Expr::MethodCall(call) if call.method == "clone" => is_created(&call.receiver),
        _ => false,
    }
}
