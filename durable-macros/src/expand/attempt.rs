//! A step on a line, performed around a closure that gives the future of one attempt.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Token, Type, UnOp};

use super::{again, attempts};
use crate::args::Attempts;
use crate::mint::{self, Root};

/// Performs the step with this body, of this type if it is known.
///
/// Where the awaited future can leave the closure, the closure just returns it: an `async` closure would be a coroutine
/// around it, which costs the compiler more than everything else that stands at a step.
pub(super) fn step(
    root: &Root,
    step: &mut Expr,
    ty: Option<&Type>,
    (name, attempts): (&str, &Attempts),
    at: Span,
) -> TokenStream {
    let awaited = match &mut *step {
        Expr::Await(awaited) => &mut *awaited.base,
        body => body,
    };
    again::arguments(root, awaited);
    // Nobody should be told that the closure around a call without arguments is redundant.
    let is_bare = matches!(&*awaited, Expr::Call(call) if call.args.is_empty());
    let bars = Token![||](if is_bare { mint::hidden(at) } else { at });
    let (private, ctx) = (root.private(at), mint::ctx(at));
    let said = attempts::of_line(root, attempts, at).unwrap_or_default();
    let step = match (&*step, ty) {
        (Expr::Await(awaited), None) if is_free(&awaited.base) => {
            let future = &awaited.base;
            match only_reads(future) {
                // In one piece: each piece that is put into another one is a call to the compiler.
                true if said.is_empty() => {
                    return quote_spanned!(at=> #private::step(&#bars #future).perform_line(&#ctx, #name).await);
                }
                true => quote_spanned!(at=> #private::step(&#bars #future)),
                false => quote_spanned!(at=> #private::step(&#private::future_body(#bars #future))),
            }
        }
        (Expr::Call(_) | Expr::MethodCall(_), None) => {
            quote_spanned!(at=> #private::step(&#private::sync_body(#bars #step)))
        }
        (step, ty) => {
            let output = ty.map(|ty| quote_spanned!(at=> -> #ty));
            quote_spanned!(at=> #private::step(&#private::async_body(async || #output { #step })))
        }
    };
    performed(&step, &ctx, name, &said, at)
}

/// Performs a step, of which this is said.
fn performed(step: &TokenStream, ctx: &Ident, name: &str, said: &TokenStream, at: Span) -> TokenStream {
    if said.is_empty() {
        return quote_spanned!(at=> #step.perform_line(&#ctx, #name).await);
    }
    let options = mint::ident("__step", at);
    quote_spanned!(at=> #step.perform_line_with(&#ctx, #name, |#options| #options #said).await)
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

/// Whether nothing that a free expression names can be changed or moved by it. Then it does not matter that the compiler
/// finds out by itself which kind of closure is around it; else it is told, to say what is wrong where it is done.
fn only_reads(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => call.args.iter().all(only_reads),
        Expr::MethodCall(_) | Expr::Field(_) => false,
        Expr::Binary(binary) => only_reads(&binary.left) && only_reads(&binary.right),
        Expr::Unary(unary) => only_reads(&unary.expr),
        Expr::Cast(cast) => only_reads(&cast.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().all(only_reads),
        Expr::Array(array) => array.elems.iter().all(only_reads),
        Expr::Struct(literal) => literal.fields.iter().all(|field| only_reads(&field.expr)),
        Expr::Paren(inner) => only_reads(&inner.expr),
        Expr::Group(inner) => only_reads(&inner.expr),
        _ => true,
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
