//! Searches a body for what it uses.
//!
//! Step bodies may use anything, so they are passed over. `#[durable(allow(…))]` is taken off statements here.

use std::cell::Cell;
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprAwait, ExprCall, ExprMethodCall, ExprPath, Item, Local, Macro, Pat, Path,
    StmtMacro, Token, Type, parse_quote,
};

use super::chain::Part;
use super::imports::{self, Imports};
use super::uses::{Allowance, Method, NUMBER, Use, Used, UsedPath, Uses};
use super::{attribute, chain, mark, name, readable, signature, statics};
use crate::args::{self, Allow, StatementArgs};
use crate::report::{Errors, Report};

/// The lint that types decide, and that the macro only switches on and off.
const UNORDERED: &str = "unordered_iteration";

/// Reads a body.
pub(super) fn search(block: &mut Block, allowed: Vec<Allow>, errors: &mut Errors) -> Uses {
    let mut reader = Reader {
        imports: Imports::default(),
        uses: Uses::default(),
        active: Vec::new(),
        context: Context::default(),
        in_unsafe: false,
        call: None,
        binding: None,
        errors,
    };
    reader.allow(allowed);
    reader.visit_block_mut(block);
    reader.uses
}

/// What is done with the value of the expression that is read.
#[derive(Default)]
struct Context {
    /// It is awaited.
    awaited: bool,
    /// It is used as no operation can be.
    is_value: bool,
    /// It is called, in this way.
    called: Option<Called>,
    /// This method is called on it, or it is left by `?`, or matched with `Some`.
    next: Option<String>,
}

/// What something is called with.
#[derive(Clone, Copy)]
struct Called {
    runs_code: bool,
    on_static: bool,
}

struct Reader<'a> {
    imports: Imports,
    uses: Uses,
    /// The allowances that apply here.
    active: Vec<usize>,
    context: Context,
    in_unsafe: bool,
    call: Option<Expr>,
    binding: Option<Rc<(Pat, Expr)>>,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    fn found(&mut self, at: impl ToTokens, what: Used) {
        self.uses.found.push(Use {
            at: at.into_token_stream(),
            what,
            number: None,
            call: self.call.take(),
            binding: self.binding.clone(),
            allowances: self.active.clone(),
        });
    }

    /// Notes on an expression that it makes the use with this number, if that was found.
    fn number(&mut self, number: usize, attrs: &mut Vec<Attribute>) {
        if let Some(found) = self.uses.found.get_mut(number) {
            found.number = Some(number);
            attrs.push(mark::numbered(NUMBER, number));
        }
    }

    fn number_macro(&mut self, number: usize, attrs: &mut Vec<Attribute>) {
        if self.uses.found.get(number).is_some_and(|found| matches!(found.what, Used::Macro(_))) {
            self.number(number, attrs);
        }
    }

    fn allow(&mut self, allowed: Vec<Allow>) {
        for slug in allowed.into_iter().flat_map(|Allow(lints)| lints) {
            self.active.push(self.uses.allowances.len());
            self.uses.allowances.push(Allowance { slug, used: Cell::new(false) });
        }
    }

    /// Reads something with the `#[durable(allow(…))]` that stands on it.
    fn under(&mut self, mut attrs: Option<&mut Vec<Attribute>>, read: impl FnOnce(&mut Self)) {
        let outside = self.active.len();
        while let Some(attribute) = attrs.as_deref_mut().and_then(attribute::take_durable) {
            let StatementArgs { allow } = args::read_attribute(&attribute.meta, self.errors);
            self.allow(allow);
        }
        read(self);
        self.active.truncate(outside);
    }

    fn read_expr(&mut self, expr: &mut Expr) {
        let context = std::mem::take(&mut self.context);
        match expr {
            Expr::Path(path) => self.read_path(path, &context),
            Expr::Await(expr) => {
                self.context.awaited = true;
                self.visit_expr_mut(&mut expr.base);
            }
            Expr::Call(call) => self.read_call(call, &context),
            Expr::MethodCall(call) => self.read_method(call, &context),
            Expr::Macro(expr) => {
                let number = self.uses.found.len();
                self.read_macro(&mut expr.mac);
                self.number_macro(number, &mut expr.attrs);
            }
            Expr::Unsafe(block) => {
                let outside = std::mem::replace(&mut self.in_unsafe, true);
                if let Some(ident) = statics::needed_by(&block.block) {
                    self.found_static(ident);
                }
                visit_mut::visit_expr_mut(self, expr);
                self.in_unsafe = outside;
            }
            Expr::RawAddr(_) | Expr::Reference(_) => {
                if let Some(ident) = statics::addressed(expr, self.in_unsafe) {
                    self.found_static(ident);
                }
                visit_mut::visit_expr_mut(self, expr);
            }
            Expr::Try(expr) => {
                self.context.next = Some("?".to_owned());
                self.visit_expr_mut(&mut expr.expr);
            }
            Expr::Let(expr) => {
                self.visit_pat_mut(&mut expr.pat);
                self.context.next = variant(&expr.pat);
                self.visit_expr_mut(&mut expr.expr);
            }
            Expr::If(expr) => {
                self.read_value(&mut expr.cond);
                self.visit_block_mut(&mut expr.then_branch);
                expr.else_branch.iter_mut().for_each(|(_, otherwise)| self.visit_expr_mut(otherwise));
            }
            Expr::Cast(expr) => self.read_value(&mut expr.expr),
            Expr::Unary(expr) => self.read_value(&mut expr.expr),
            Expr::Range(expr) => expr.start.iter_mut().chain(&mut expr.end).for_each(|end| self.read_value(end)),
            Expr::Assign(assign) => {
                self.read_target(&assign.left);
                visit_mut::visit_expr_assign_mut(self, assign);
            }
            Expr::Binary(binary) => {
                if is_assignment(&binary.op) {
                    self.read_target(&binary.left);
                }
                self.read_value(&mut binary.left);
                self.read_value(&mut binary.right);
            }
            Expr::ForLoop(loop_) => {
                if !self.active.is_empty() && readable::hidden(&loop_.body.to_token_stream()).is_some() {
                    self.allow_unordered(&mut loop_.attrs);
                }
                visit_mut::visit_expr_for_loop_mut(self, loop_);
            }
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    /// Reads what no operation can stand for.
    fn read_value(&mut self, expr: &mut Expr) {
        self.context.is_value = true;
        self.visit_expr_mut(expr);
    }

    fn read_path(&mut self, path: &ExprPath, context: &Context) {
        let single = path.path.get_ident().filter(|_| path.qself.is_none());
        if let Some(ident) = single {
            if self.imports.is_mutable_static(ident) {
                self.found(ident, Used::MutableStatic);
            }
            if context.called.is_none() && !self.imports.knows(ident) {
                return;
            }
        }
        let globbed = single.map(|ident| self.imports.globbed(&name::plain(ident))).unwrap_or_default();
        let Some(names) = self.imports.resolve(imports::segments(path)) else { return };
        let called = context.called;
        let has_types = path.path.segments.last().is_some_and(|last| !last.arguments.is_none());
        let used = UsedPath {
            names,
            globbed,
            awaited: context.awaited,
            is_value: context.is_value || called.is_some() && has_types,
            runs_code: called.is_some_and(|called| called.runs_code),
            on_static: called.is_some_and(|called| called.on_static),
        };
        self.found(path, Used::Path(used));
    }

    /// The closures of `wait_for_callback` and `wait_for_condition` are step bodies.
    fn read_call(&mut self, call: &mut ExprCall, context: &Context) {
        if name::takes_items(call) {
            self.allow_unordered(&mut call.attrs);
        }
        let called =
            Called { runs_code: runs_code(&call.args), on_static: call.args.first().is_some_and(statics::is_one) };
        let Context { awaited, is_value, .. } = *context;
        self.context = Context { awaited, is_value, called: Some(called), next: None };
        let may_be_found = |path: &ExprPath| match path.path.get_ident() {
            Some(ident) if path.qself.is_none() => {
                call.args.is_empty()
                    || self.imports.knows(ident)
                    || !self.imports.globbed(&name::plain(ident)).is_empty()
            }
            _ => true,
        };
        if matches!(&*call.func, Expr::Path(path) if may_be_found(path)) {
            let call = Expr::Call(call.clone());
            self.call = Some(if context.awaited { await_of(call) } else { call });
        }
        let number = self.uses.found.len();
        self.visit_expr_mut(&mut call.func);
        if matches!(&*call.func, Expr::Path(_)) {
            self.number(number, &mut call.attrs);
        }
        self.call = None;
        let step_bodies = name::takes_step_bodies(call);
        let arguments = call.args.iter_mut().filter(|argument| !(step_bodies && matches!(argument, Expr::Closure(_))));
        arguments.for_each(|argument| self.visit_expr_mut(argument));
    }

    fn read_method(&mut self, call: &mut ExprMethodCall, context: &Context) {
        let method = Method {
            name: name::plain(&call.method),
            arguments: call.args.len(),
            has_ordering: call.args.iter().any(is_ordering),
            awaited: context.awaited,
            on_static: statics::is_one(&call.receiver),
            runs_code: runs_code(&call.args),
            next: context.next.clone(),
        };
        self.context.next = Some(method.name.clone());
        self.call = (call.args.len() < 2).then(|| Expr::MethodCall(call.clone()));
        self.found(&call.method, Used::Method(method));
        self.visit_expr_mut(&mut call.receiver);
        call.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
    }

    /// Only a `static mut` can be assigned to in capitals.
    fn read_target(&mut self, target: &Expr) {
        if let Some(ident) = statics::name(target).filter(|_| self.in_unsafe) {
            self.found_static(ident);
        }
    }

    /// A `static mut` of the module; one of the body is found where its path is read.
    fn found_static(&mut self, ident: &Ident) {
        if !self.imports.is_mutable_static(ident) {
            self.found(ident, Used::MutableStatic);
        }
    }

    fn read_macro(&mut self, mac: &mut Macro) {
        if let Some(names) = self.imports.resolve(imports::idents(&mac.path).collect()) {
            self.found(&mac.path, Used::Macro(names));
        }
        if let Some(ident) = statics::taken_by(mac, self.in_unsafe) {
            self.found_static(&ident);
        }
        match readable::arguments(&mac.path, &mac.tokens) {
            Some(arguments) => {
                arguments.into_iter().filter_map(|argument| argument.expr).for_each(|mut expr| {
                    self.read_value(&mut expr);
                });
            }
            None if readable::is_concurrent(&mac.path) => {}
            None => self.read_tokens(mac.tokens.clone()),
        }
    }

    /// The paths among tokens that only a macro can read.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<TokenTree> = Vec::new();
        for token in tokens {
            let after_name = matches!(path.last(), Some(TokenTree::Ident(_)));
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => path.push(punct.into()),
                TokenTree::Ident(ident) => {
                    if after_name {
                        self.read_path_tokens(std::mem::take(&mut path));
                    }
                    path.push(ident.into());
                }
                other => {
                    self.read_path_tokens(std::mem::take(&mut path));
                    if let TokenTree::Group(group) = other {
                        self.read_tokens(group.stream());
                    }
                }
            }
        }
        self.read_path_tokens(path);
    }

    fn read_path_tokens(&mut self, path: Vec<TokenTree>) {
        let tokens = TokenStream::from_iter(path);
        let Ok(path) = syn::parse2::<Path>(tokens) else { return };
        if path.segments.len() > 1
            && let Some(names) = self.imports.resolve(imports::idents(&path).collect())
        {
            self.found(path, Used::Path(UsedPath { names, ..UsedPath::default() }));
        }
    }

    /// What follows a step's await is not part of the step.
    fn read_around_step(&mut self, expr: &mut Expr) {
        chain::parts(expr, &mut |part| match part {
            Part::Step(_) => {}
            Part::Beside(expr) => self.visit_expr_mut(expr),
        });
    }

    /// Tells the stages after this one that the order of these items is allowed to be unknown.
    fn allow_unordered(&mut self, attrs: &mut Vec<Attribute>) {
        if self.uses.allowed_by(&self.active, UNORDERED) {
            attrs.push(parse_quote!(#[__unordered]));
        }
    }
}

impl VisitMut for Reader<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let mut attrs = attribute::of(expr).map(std::mem::take);
        let is_step = attrs.iter().flatten().any(attribute::is_step);
        self.under(attrs.as_mut(), |reader| {
            if is_step {
                reader.context = Context::default();
                reader.read_around_step(expr);
            } else {
                reader.read_expr(expr);
            }
        });
        if let (Some(place), Some(mut attrs)) = (attribute::of(expr), attrs) {
            place.splice(0..0, attrs.drain(..));
        }
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let Local { attrs, init, pat, .. } = local;
        let is_step = attrs.iter().any(attribute::is_step);
        let variable = signature::ident(pat).map(|_| pat.clone());
        let context = Context {
            is_value: signature::ascribed(pat).as_ref().is_some_and(is_primitive),
            next: variant(pat),
            ..Context::default()
        };
        self.under(Some(attrs), |reader| {
            let Some(init) = init else { return };
            if is_step {
                reader.read_around_step(&mut init.expr);
            } else {
                let binding = variable.map(|variable| Rc::new((variable, init.expr.as_ref().clone())));
                let outside = std::mem::replace(&mut reader.binding, binding);
                reader.context = context;
                reader.visit_expr_mut(&mut init.expr);
                reader.binding = outside;
            }
            if let Some((_, diverge)) = &mut init.diverge {
                reader.visit_expr_mut(diverge);
            }
        });
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.imports.enter(block);
        visit_mut::visit_block_mut(self, block);
        self.imports.leave();
    }

    fn visit_stmt_macro_mut(&mut self, statement: &mut StmtMacro) {
        let StmtMacro { attrs, mac, .. } = statement;
        if attrs.iter().any(attribute::is_step) {
            return;
        }
        let number = self.uses.found.len();
        self.under(Some(attrs), |reader| reader.read_macro(mac));
        self.number_macro(number, attrs);
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        self.visit_pat_mut(&mut arm.pat);
        let Arm { attrs, body, .. } = arm;
        self.under(Some(attrs), |reader| reader.visit_expr_mut(body));
    }

    /// Whatever reaches this one stands where `allow` is not read.
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if attribute::is_durable(attribute) {
            let report = Report::at(&*attribute, "`#[durable(allow(…))]` stands on something else than a statement")
                .help("put it on the statement or on the whole function: `#[durable(allow(…, reason = \"…\"))]`");
            self.errors.push(report);
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// `Relaxed`, `Ordering::SeqCst` and the like.
fn is_ordering(expr: &Expr) -> bool {
    let Expr::Path(path) = expr else { return false };
    let names: Vec<String> = imports::idents(&path.path).collect();
    let variant = names
        .last()
        .is_some_and(|last| matches!(last.as_str(), "Relaxed" | "Acquire" | "Release" | "AcqRel" | "SeqCst"));
    variant && names.iter().rev().nth(1).is_none_or(|ordering| ordering.contains("Ordering"))
}

/// Whether an operator changes its left side.
pub(super) fn is_assignment(operator: &BinOp) -> bool {
    matches!(
        operator,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// Whether a closure or an `async` block is all that is given.
fn runs_code(arguments: &Punctuated<Expr, Token![,]>) -> bool {
    arguments.len() == 1 && matches!(arguments.first(), Some(Expr::Closure(_) | Expr::Async(_)))
}

/// `Some`, where that is matched.
fn variant(pat: &Pat) -> Option<String> {
    matches!(pat, Pat::TupleStruct(pat) if pat.path.is_ident("Some")).then(|| "Some".to_owned())
}

/// Whether a type is written like a number, or made of such.
fn is_primitive(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            path.path.get_ident().is_some_and(|ident| ident.to_string().starts_with(char::is_lowercase))
        }
        Type::Array(array) => is_primitive(&array.elem),
        Type::Tuple(tuple) => !tuple.elems.is_empty() && tuple.elems.iter().all(is_primitive),
        _ => false,
    }
}

fn await_of(expr: Expr) -> Expr {
    Expr::Await(ExprAwait {
        attrs: Vec::new(),
        base: Box::new(expr),
        dot_token: Token![.](Span::call_site()),
        await_token: Token![await](Span::call_site()),
    })
}
