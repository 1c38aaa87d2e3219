//! Replaces every marked expression of a body.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprMacro, Item, Pat, StmtMacro};

use super::{again, perform};
use crate::args::Retry;
use crate::mint::Root;
use crate::model::{Argument, Body, Mark, Marks, chain};

/// Makes the body what runs.
pub(super) fn rewrite(root: &Root, body: &mut Body) {
    let Body { block, marks, facts: _ } = body;
    Writer { root, marks }.visit_block_mut(block);
}

struct Writer<'a> {
    root: &'a Root,
    marks: &'a mut Marks,
}

impl Writer<'_> {
    fn operation(&mut self, operation: &mut Expr, name: &str) -> Expr {
        let at = perform::start(operation);
        self.visit_expr_mut(operation);
        Expr::Verbatim(perform::perform(self.root, operation, name, at))
    }

    /// Puts the step at the await that ends the chain; what follows it stays outside.
    fn step(&mut self, expr: &mut Expr, name: &str, retry: Option<&Retry>) {
        match expr {
            Expr::Await(awaited) => {
                let at = perform::start(&awaited.base);
                again::arguments(self.root, &mut awaited.base);
                *expr = self.perform_step(&awaited, name, retry, at);
            }
            Expr::Try(tried) => self.step(&mut tried.expr, name, retry),
            outer if chain::ends_in_await(outer) => self.step_inside(outer, name, retry),
            body => {
                let at = perform::start(body);
                again::arguments(self.root, body);
                *body = self.perform_step(&body, name, retry, at);
            }
        }
    }

    fn step_inside(&mut self, outer: &mut Expr, name: &str, retry: Option<&Retry>) {
        match outer {
            Expr::Paren(expr) => self.step(&mut expr.expr, name, retry),
            Expr::Group(expr) => self.step(&mut expr.expr, name, retry),
            Expr::Field(expr) => self.step(&mut expr.base, name, retry),
            Expr::Index(expr) => {
                self.step(&mut expr.expr, name, retry);
                self.visit_expr_mut(&mut expr.index);
            }
            Expr::MethodCall(expr) => {
                self.step(&mut expr.receiver, name, retry);
                expr.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            }
            _ => {}
        }
    }

    fn perform_step(&self, body: &impl ToTokens, name: &str, retry: Option<&Retry>, at: Span) -> Expr {
        let step = perform::step(self.root, body, retry, at);
        Expr::Verbatim(perform::perform(self.root, step, name, at))
    }

    fn branch(&mut self, mut block: ExprAsync, name: Option<&str>) -> Expr {
        let at = block.async_token.span;
        self.visit_block_mut(&mut block.block);
        let ExprAsync { capture, block, .. } = block;
        Expr::Verbatim(perform::branch(self.root, capture, Statements(&block), name, at))
    }

    fn closure(&mut self, mut closure: ExprClosure) -> Expr {
        let at = closure.asyncness.map_or_else(Span::call_site, |token| token.span);
        self.visit_expr_mut(&mut closure.body);
        let ExprClosure { capture, inputs, output, body, .. } = closure;
        let inputs: Vec<&Pat> = inputs.iter().collect();
        let written = match &*body {
            Expr::Block(body) if body.attrs.is_empty() && body.label.is_none() => {
                Statements(&body.block).to_token_stream()
            }
            body => body.to_token_stream(),
        };
        Expr::Verbatim(perform::closure(self.root, capture, &inputs, &output, written, at))
    }

    fn arguments(&mut self, arguments: Vec<Argument>) -> TokenStream {
        let mut tokens = TokenStream::new();
        for Argument { prefix, mut expr, separator } in arguments {
            expr.iter_mut().for_each(|expr| self.visit_expr_mut(expr));
            tokens.extend(quote!(#prefix #expr #separator));
        }
        tokens
    }
}

impl VisitMut for Writer<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match (self.marks.take_from(expr), &mut *expr) {
            (Some(Mark::Await(name)), Expr::Await(awaited)) => *expr = self.operation(&mut awaited.base, &name),
            (Some(Mark::Callback(name)), call) => *expr = self.operation(call, &name),
            (Some(Mark::Step { name, retry }), expr) => self.step(expr, &name, retry.as_ref()),
            (Some(Mark::Branch(name)), Expr::Async(block)) => *expr = self.branch(block.clone(), name.as_deref()),
            (Some(Mark::Closure), Expr::Closure(closure)) => *expr = self.closure(closure.clone()),
            (Some(Mark::Macro(arguments)), Expr::Macro(ExprMacro { mac, .. })) => {
                mac.tokens = self.arguments(arguments)
            }
            (_, expr) => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_stmt_macro_mut(&mut self, statement: &mut StmtMacro) {
        if let Some(Mark::Macro(arguments)) = self.marks.take(&mut statement.attrs) {
            statement.mac.tokens = self.arguments(arguments);
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// The statements of a block, without its braces.
struct Statements<'a>(&'a Block);

impl ToTokens for Statements<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.stmts.iter().for_each(|statement| statement.to_tokens(tokens));
    }
}
