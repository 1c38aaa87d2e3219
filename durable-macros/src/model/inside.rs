//! Durable operations in the body of a step, as far as tokens show them.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::VisitMut;
use syn::{Attribute, Block, Expr, ExprCall, ExprMethodCall, Item, Macro};

use super::facts::Inside;
use super::{attribute, callback, name, readable};

/// The operations inside an expression that is a step already.
pub(super) fn of_step(expr: &Expr) -> Vec<Inside> {
    let mut seen = Seen(Vec::new());
    seen.visit_expr(expr);
    seen.0
}

/// The operations inside the body of a step's definition; their `#[step]`s are taken off.
pub(super) fn of_definition(body: &mut Block) -> Vec<Inside> {
    let mut seen = Seen(Vec::new());
    seen.visit_block(body);
    if !seen.0.is_empty() {
        Strip.visit_block_mut(body);
    }
    seen.0
}

struct Seen(Vec<Inside>);

impl Seen {
    fn add(&mut self, at: impl ToTokens, what: &'static str) {
        self.0.push(Inside { at: at.into_token_stream(), what });
    }
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute::is_step(attribute) {
            self.add(attribute, "#[step]");
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if callback::is_await(call) {
            self.add(&call.method, "await_callback");
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Some(operation) = name::operation(call) {
            self.add(&call.func, operation);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        readable::expressions(mac).iter().for_each(|expr| self.0.extend(of_step(expr)));
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

struct Strip;

impl VisitMut for Strip {
    fn visit_attributes_mut(&mut self, attrs: &mut Vec<Attribute>) {
        attrs.retain(|attribute| !attribute::is_step(attribute));
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}
