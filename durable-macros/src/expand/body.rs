//! Replaces every marked expression of a body.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprAsync, ExprCall, ExprClosure, ExprMacro, Item, Pat, ReturnType, Stmt, StmtMacro, Token,
    Type,
};

use super::{attempt, in_place, perform};
use crate::args::Attempts;
use crate::mint::Root;
use crate::model::chain::{self, Part};
use crate::model::{Argument, Body, Mark, Marks, NUMBER, callback, put_back, take_number, take_written};
use crate::report::{Report, start_of};

/// Makes the body what runs.
pub(super) fn rewrite(root: &Root, body: &mut Body, reports: BTreeMap<usize, Report>) {
    let Body { block, marks, facts: _, plan: _ } = body;
    Writer { root, marks, reports }.visit_block_mut(block);
}

/// What was said of a step.
struct Options {
    name: String,
    attempts: Box<Attempts>,
    ty: Option<Type>,
}

struct Writer<'a> {
    root: &'a Root,
    marks: &'a mut Marks,
    /// By the number of the use that each takes the place of.
    reports: BTreeMap<usize, Report>,
}

impl Writer<'_> {
    /// What is wrong with the use that these attributes stand on.
    fn report(&mut self, attrs: &mut Vec<Attribute>) -> Option<Report> {
        self.reports.remove(&take_number(NUMBER, attrs)?)
    }

    fn operation(&mut self, operation: &mut Expr, name: &str) -> Expr {
        // As an argument of a function, it would be warned about.
        let operation = callback::unparenthesised(operation);
        let at = start_of(operation);
        self.visit_expr_mut(operation);
        Expr::Verbatim(perform::perform(self.root, operation, name, at))
    }

    /// Puts the step at the await that ends the chain; what follows it stays outside.
    fn step(&mut self, expr: &mut Expr, options: &Options) {
        chain::parts(expr, &mut |part| match part {
            Part::Step(step) => {
                let Options { name, attempts, ty } = options;
                let at = start_of(match &*step {
                    Expr::Await(awaited) => &awaited.base,
                    body => body,
                });
                *step = Expr::Verbatim(attempt::step(self.root, step, ty.as_ref(), (name, attempts), at));
            }
            Part::Beside(expr) => self.visit_expr_mut(expr),
        });
    }

    fn branch(&mut self, mut block: ExprAsync, name: Option<&str>, ty: Option<Type>) -> Expr {
        let at = block.async_token.span;
        self.visit_block_mut(&mut block.block);
        let ExprAsync { capture, block, .. } = block;
        let output = ty.map_or(ReturnType::Default, |ty| ReturnType::Type(Token![->](at), Box::new(ty)));
        Expr::Verbatim(perform::branch(self.root, capture, &output, Statements(&block), name, at))
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

impl Writer<'_> {
    fn write(&mut self, expr: &mut Expr) {
        if let Expr::Call(ExprCall { attrs, .. }) | Expr::Macro(ExprMacro { attrs, .. }) = expr
            && let Some(report) = self.report(attrs)
        {
            *expr = Expr::Verbatim(in_place::of_expr(&report, expr));
            return;
        }
        match (self.marks.take_from(expr), &mut *expr) {
            (Some(Mark::Await(name)), Expr::Await(awaited)) => *expr = self.operation(&mut awaited.base, &name),
            (Some(Mark::Callback(name)), call) => *expr = self.operation(call, &name),
            (Some(Mark::Step { name, attempts, ty }), expr) => self.step(expr, &Options { name, attempts, ty }),
            (Some(Mark::Branch { name, ty }), Expr::Async(block)) => {
                *expr = self.branch(block.clone(), name.as_deref(), ty)
            }
            (Some(Mark::Closure), Expr::Closure(closure)) => *expr = self.closure(closure.clone()),
            (Some(Mark::Loop), Expr::ForLoop(expr)) => {
                visit_mut::visit_expr_for_loop_mut(self, expr);
                perform::in_order(self.root, &mut expr.expr);
            }
            (Some(Mark::Items), Expr::Call(call)) => {
                visit_mut::visit_expr_call_mut(self, call);
                if let Some(items) = call.args.first_mut() {
                    perform::in_order(self.root, items);
                }
            }
            (Some(Mark::Macro(arguments)), Expr::Macro(ExprMacro { mac, .. })) => {
                mac.tokens = self.arguments(arguments)
            }
            (_, expr) => visit_mut::visit_expr_mut(self, expr),
        }
    }
}

impl VisitMut for Writer<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let attrs = take_written(expr);
        self.write(expr);
        match expr {
            // What was written in its place stands under the same attributes.
            Expr::Verbatim(written) if !attrs.is_empty() => *written = quote!(#(#attrs)* #written),
            expr => put_back(attrs, expr),
        }
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        if let Stmt::Macro(StmtMacro { attrs, mac, semi_token }) = statement
            && let Some(report) = self.report(attrs)
        {
            *statement = Stmt::Expr(Expr::Verbatim(in_place::of_macro(&report, mac)), *semi_token);
            return;
        }
        visit_mut::visit_stmt_mut(self, statement);
    }

    fn visit_stmt_macro_mut(&mut self, statement: &mut StmtMacro) {
        if let Some(Mark::Macro(arguments)) = self.marks.take(&mut statement.attrs) {
            statement.mac.tokens = self.arguments(arguments);
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// The statements of a block, without its braces.
pub(super) struct Statements<'a>(pub(super) &'a Block);

impl ToTokens for Statements<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.stmts.iter().for_each(|statement| statement.to_tokens(tokens));
    }
}
