//! A step on a line, around a closure that gives the future of one attempt.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Type, UnOp};

use super::again;
use crate::mint::{self, Root};

/// The step with this body, of this type if it is known.
///
/// Where the awaited future can leave the closure, the closure just returns it: an `async` closure would be a coroutine
/// around it, which costs the compiler more than everything else that stands at a step.
pub(super) fn step(root: &Root, step: &mut Expr, ty: Option<&Type>, at: Span) -> TokenStream {
    let awaited = match &mut *step {
        Expr::Await(awaited) => &mut *awaited.base,
        body => body,
    };
    again::arguments(root, awaited);
    let (hidden, private) = (mint::hidden(at), root.private(at));
    match (&*step, ty) {
        (Expr::Await(awaited), None) if is_free(&awaited.base) => {
            let future = &awaited.base;
            // Nobody should be told that the closure around a call without arguments is redundant.
            let bars = if matches!(&**future, Expr::Call(call) if call.args.is_empty()) { hidden } else { at };
            let body = quote_spanned!(bars=> || #future);
            quote_spanned!(at=> #private::step(&#body))
        }
        (Expr::Call(_) | Expr::MethodCall(_), None) => {
            let body = quote_spanned!(at=> || ::core::future::ready(#step));
            quote_spanned!(at=> #private::step(&#body))
        }
        (step, ty) => {
            let output = ty.map(|ty| quote_spanned!(at=> -> #ty));
            quote_spanned!(at=> #private::async_step(&#private::async_body(async || #output { #step })))
        }
    }
}

/// Whether the value of an expression can't borrow from a temporary that it makes.
fn is_free(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(_)) && call.args.iter().all(is_free),
        Expr::MethodCall(call) => is_place(&call.receiver) && call.args.iter().all(is_free),
        Expr::Reference(reference) => reference.mutability.is_none() && is_place(&reference.expr),
        Expr::Binary(binary) => is_free(&binary.left) && is_free(&binary.right),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_) | UnOp::Not(_)) && is_free(&unary.expr),
        Expr::Cast(cast) => is_free(&cast.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_free),
        Expr::Array(array) => array.elems.iter().all(is_free),
        Expr::Struct(literal) => literal.rest.is_none() && literal.fields.iter().all(|field| is_free(&field.expr)),
        Expr::Paren(inner) => is_free(&inner.expr),
        Expr::Group(inner) => is_free(&inner.expr),
        Expr::Macro(expr) => expr.mac.path.is_ident("format"),
        // A by-value argument, given anew.
        Expr::Verbatim(_) => true,
        place => is_place(place),
    }
}

/// Whether an expression is a place that lives outside, or a constant.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Lit(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Group(inner) => is_place(&inner.expr),
        _ => false,
    }
}
