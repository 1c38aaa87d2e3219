//! What the code between the operations uses: paths, macros and methods, for the lints to judge.
//!
//! Step bodies may use anything, so they are passed over. `#[durable(allow(…))]` is taken off statements here.

use std::cell::Cell;
use std::rc::Rc;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprCall, ExprMethodCall, ExprPath, Item, Local, Macro, Path, StmtMacro,
    parse_quote,
};

use super::chain::Part;
use super::imports::{self, Imports};
use super::{attribute, chain, mark, name, readable, signature};
use crate::args::{self, Allow, StatementArgs};
use crate::report::{Errors, Report, code};

/// Code that is longer is not repeated in a message.
const LONGEST: usize = 80;

/// The lint that types decide, and that the macro only switches on and off.
const UNORDERED: &str = "unordered_iteration";

/// The attribute that holds the number of a use.
pub(crate) const NUMBER: &str = "__use";

/// Everything that was found, and the lints that are switched off somewhere.
#[derive(Default)]
pub(crate) struct Uses {
    pub(crate) found: Vec<Use>,
    pub(crate) allowances: Vec<Allowance>,
}

/// One use of something that a lint may know.
pub(crate) struct Use {
    /// The smallest piece of code that shows it.
    pub(crate) at: TokenStream,
    pub(crate) what: Used,
    /// The number on the call or macro that it is made by, where that can be replaced.
    pub(crate) number: Option<usize>,
    /// The call that it is made for.
    call: Option<TokenStream>,
    /// The `let` whose value it is a part of: the variable and the value.
    binding: Option<Rc<(TokenStream, TokenStream)>>,
    /// The allowances that it stands under.
    allowances: Vec<usize>,
}

/// What is used.
pub(crate) enum Used {
    /// A path as it would be written without `use` lines in the body, and whether its call is awaited.
    Path {
        names: Vec<String>,
        awaited: bool,
    },
    /// A macro's path, likewise.
    Macro(Vec<String>),
    Method(Method),
    /// A `static mut`.
    MutableStatic,
}

/// A method call.
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) arguments: usize,
    /// Whether an argument is an `Ordering` of atomics.
    pub(crate) has_ordering: bool,
    /// Whether the call is awaited.
    pub(crate) awaited: bool,
    /// Whether it is called on a `STATIC`.
    pub(crate) on_static: bool,
    /// The method that is called on the result at once.
    pub(crate) next: Option<String>,
}

/// One name in an `allow(…)`.
pub(crate) struct Allowance {
    pub(crate) slug: Ident,
    pub(crate) used: Cell<bool>,
}

impl Use {
    /// What `#[step]` could stand on, to paste: the whole `let` if it is short and performs nothing, else a new one.
    pub(crate) fn as_step(&self, variable: &str) -> String {
        let whole = self.binding.as_deref().filter(|(_, value)| !readable::is_async(value));
        if let Some((variable, value)) = whole.map(|(variable, value)| (code(variable), code(value)))
            && value.len() <= LONGEST
        {
            return format!("#[step] let {variable} = {value};");
        }
        let call = self.call.as_ref().map(code).filter(|call| call.len() <= LONGEST);
        format!("#[step] let {variable} = {};", call.unwrap_or_else(|| format!("{}(…)", code(&self.at))))
    }

    /// The last name of a path, as it is called where it is defined.
    pub(crate) fn name(&self) -> &str {
        match &self.what {
            Used::Path { names, .. } | Used::Macro(names) => names.last().map(String::as_str).unwrap_or_default(),
            Used::Method(method) => &method.name,
            Used::MutableStatic => "",
        }
    }
}

impl Uses {
    /// Whether this lint is switched off here; the `allow` counts as used then.
    pub(crate) fn allows(&self, used: &Use, slug: &str) -> bool {
        self.allowed_by(&used.allowances, slug)
    }

    fn allowed_by(&self, active: &[usize], slug: &str) -> bool {
        let mut allowances = active.iter().rev().filter_map(|number| self.allowances.get(*number));
        let allowance = allowances.find(|allowance| allowance.slug == slug);
        allowance.inspect(|allowance| allowance.used.set(true)).is_some()
    }

    pub(super) fn read(block: &mut Block, allowed: Vec<Allow>, errors: &mut Errors) -> Self {
        let imports = Imports::read(block);
        let mut reader = Reader {
            imports,
            uses: Self::default(),
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
}

/// What is done with the value of the expression that is read.
#[derive(Default)]
struct Context {
    /// It is awaited.
    awaited: bool,
    /// It is called.
    called: bool,
    /// This method is called on it.
    next: Option<String>,
}

struct Reader<'a> {
    imports: Imports,
    uses: Uses,
    /// The allowances that apply here.
    active: Vec<usize>,
    context: Context,
    in_unsafe: bool,
    call: Option<TokenStream>,
    binding: Option<Rc<(TokenStream, TokenStream)>>,
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
            Expr::Unsafe(_) => {
                let outside = std::mem::replace(&mut self.in_unsafe, true);
                visit_mut::visit_expr_mut(self, expr);
                self.in_unsafe = outside;
            }
            Expr::Assign(assign) => {
                self.read_target(&assign.left);
                visit_mut::visit_expr_assign_mut(self, assign);
            }
            Expr::Binary(binary) => {
                if is_assignment(&binary.op) {
                    self.read_target(&binary.left);
                }
                visit_mut::visit_expr_binary_mut(self, binary);
            }
            Expr::ForLoop(loop_) => {
                self.allow_unordered(&mut loop_.attrs);
                visit_mut::visit_expr_for_loop_mut(self, loop_);
            }
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn read_path(&mut self, path: &ExprPath, context: &Context) {
        let single = path.path.get_ident().filter(|_| path.qself.is_none());
        if let Some(ident) = single {
            if self.imports.is_mutable_static(ident) {
                self.found(ident, Used::MutableStatic);
            }
            if !context.called && !self.imports.knows(ident) {
                return;
            }
        }
        if let Some(names) = self.imports.resolve(imports::segments(path)) {
            self.found(path, Used::Path { names, awaited: context.awaited });
        }
    }

    /// The closures of `wait_for_callback` and `wait_for_condition` are step bodies.
    fn read_call(&mut self, call: &mut ExprCall, context: &Context) {
        if name::takes_items(call) {
            self.allow_unordered(&mut call.attrs);
        }
        self.context = Context { awaited: context.awaited, called: true, next: None };
        if matches!(&*call.func, Expr::Path(path) if path.path.segments.len() > 1 || path.qself.is_some()) {
            let call = call.to_token_stream();
            self.call = Some(if context.awaited { quote!(#call.await) } else { call });
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
            on_static: matches!(&*call.receiver, Expr::Path(path) if path.path.get_ident().is_some_and(is_static)),
            next: context.next.clone(),
        };
        self.context.next = Some(method.name.clone());
        self.call = (call.args.len() < 2).then(|| call.to_token_stream());
        self.found(&call.method, Used::Method(method));
        self.visit_expr_mut(&mut call.receiver);
        call.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
    }

    /// Only a `static mut` can be assigned to in capitals.
    fn read_target(&mut self, target: &Expr) {
        if let Expr::Path(path) = target
            && let Some(ident) = path.path.get_ident().filter(|ident| self.in_unsafe && is_static(ident))
            && !self.imports.is_mutable_static(ident)
        {
            self.found(ident, Used::MutableStatic);
        }
    }

    fn read_macro(&mut self, mac: &mut Macro) {
        if let Some(names) = self.imports.resolve(imports::idents(&mac.path).collect()) {
            self.found(&mac.path, Used::Macro(names));
        }
        match readable::arguments(&mac.path, &mac.tokens) {
            Some(arguments) => {
                arguments.into_iter().filter_map(|argument| argument.expr).for_each(|mut expr| {
                    self.visit_expr_mut(&mut expr);
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
            self.found(path, Used::Path { names, awaited: false });
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
        self.under(
            attrs.as_mut(),
            |reader| if is_step { reader.read_around_step(expr) } else { reader.read_expr(expr) },
        );
        if let (Some(place), Some(mut attrs)) = (attribute::of(expr), attrs) {
            place.splice(0..0, attrs.drain(..));
        }
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let Local { attrs, init, pat, .. } = local;
        let is_step = attrs.iter().any(attribute::is_step);
        let variable = signature::ident(pat).map(|_| pat.to_token_stream());
        self.under(Some(attrs), |reader| {
            let Some(init) = init else { return };
            if is_step {
                reader.read_around_step(&mut init.expr);
            } else {
                let binding = variable.map(|variable| Rc::new((variable, init.expr.to_token_stream())));
                let outside = std::mem::replace(&mut reader.binding, binding);
                reader.visit_expr_mut(&mut init.expr);
                reader.binding = outside;
            }
            if let Some((_, diverge)) = &mut init.diverge {
                reader.visit_expr_mut(diverge);
            }
        });
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
fn is_assignment(operator: &BinOp) -> bool {
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

/// Whether a name is written as statics are.
fn is_static(ident: &Ident) -> bool {
    let text = ident.unraw().to_string();
    text.len() > 1 && text.chars().all(|character| character.is_ascii_uppercase() || "_0123456789".contains(character))
}
