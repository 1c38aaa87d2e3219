//! By-value arguments in a step's body, given anew to each attempt.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprAsync, ExprCall, ExprClosure, ExprMacro, ExprMethodCall, Ident, Item, Type};

use crate::mint::{self, Root};
use crate::report::start;

/// Replaces each variable that a call in this expression takes by value.
pub(super) fn arguments(root: &Root, body: &mut Expr) {
    Calls(root).visit_expr_mut(body);
}

struct Calls<'a>(&'a Root);

impl VisitMut for Calls<'_> {
    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        visit_mut::visit_expr_call_mut(self, call);
        call.args.iter_mut().for_each(|argument| by_value(self.0, argument));
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        call.args.iter_mut().for_each(|argument| by_value(self.0, argument));
    }

    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}

    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}

    fn visit_expr_macro_mut(&mut self, _: &mut ExprMacro) {}

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// Replaces the variables that this argument hands over: itself, or as a part of what it builds.
fn by_value(root: &Root, argument: &mut Expr) {
    if let Some(variable) = variable(argument) {
        let again = again(root, variable);
        *argument = Expr::Verbatim(again);
        return;
    }
    match argument {
        Expr::Tuple(tuple) => tuple.elems.iter_mut().for_each(|element| by_value(root, element)),
        Expr::Array(array) => array.elems.iter_mut().for_each(|element| by_value(root, element)),
        Expr::Paren(inner) => by_value(root, &mut inner.expr),
        Expr::Struct(literal) => {
            for field in &mut literal.fields {
                by_value(root, &mut field.expr);
                field.colon_token.get_or_insert_default();
            }
        }
        _ => {}
    }
}

/// A variable, not a constant: it begins with a lower-case letter.
fn variable(expr: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = expr else { return None };
    let ident = path.path.get_ident().filter(|_| path.qself.is_none() && path.attrs.is_empty())?;
    let text = ident.to_string();
    (text != "self" && text.trim_start_matches('_').starts_with(char::is_lowercase)).then_some(ident)
}

/// Bound to a variable first: as an argument itself, the call would take its type from the parameter, and then
/// `&String` would no longer be accepted for `&str`. That variable is located and resolved like the user's, so that a
/// wrong argument is reported as in any other call. What `again` is given is the macro's: of a `&` that seems to be the
/// user's, rustc would say that the argument should be borrowed, and leave out what we say about it.
fn again(root: &Root, variable: &Ident) -> TokenStream {
    let at = variable.span();
    let value = Ident::new("__value", at);
    let borrowed = mint::ident("__borrowed", at);
    let private = root.private(at);
    quote_spanned!(mint::hidden(at)=> {
        let #borrowed = &#variable;
        let #value = #private::again(#borrowed);
        #value
    })
}

/// What a parameter of this type refers to, given anew. Located at the type: of a call that seems to be the user's, rustc
/// would say that the argument should be borrowed, and leave out what we say about it.
pub(super) fn give(root: &Root, parameter: &Ident, ty: &Type) -> TokenStream {
    let at = start(ty);
    let private = root.private(at);
    quote_spanned!(at=> #private::again(#parameter))
}
