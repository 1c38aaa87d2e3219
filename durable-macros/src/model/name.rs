//! The name of an operation, from the code that performs it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, ExprCall, ExprLit, ExprMethodCall, ExprTuple, Ident, Lit, Member, Pat, Path};

use super::signature;
use crate::args::{StepArgs, check_text};

/// Constructors of operations: the variable of the `let` says more than their own name.
const CONSTRUCTORS: [&str; 17] = [
    "sleep",
    "create_callback",
    "wait_for_callback",
    "wait_for_condition",
    "join",
    "try_join",
    "race",
    "select_ok",
    "map",
    "parallel",
    "invoke",
    "child",
    "with_retry",
    "wait_until",
    "now",
    "uuid",
    "random",
];

/// Methods that refine an operation and so don't name it.
const OPTIONS: [&str; 27] = [
    "named",
    "key",
    "was",
    "timeout",
    "heartbeat_timeout",
    "retry",
    "await_callback",
    "serdes",
    "item_serdes",
    "payload_serdes",
    "result_serdes",
    "until",
    "checks",
    "checks_by",
    "max_concurrency",
    "item_names",
    "flat",
    "settled",
    "summary",
    "min_successful",
    "tolerated_failures",
    "tolerated_failure_percentage",
    "first_successful",
    "all_completed",
    "all_successful",
    "invoke",
    "tenant",
];

/// The name of an operation.
pub(crate) enum Name {
    /// Known at compile time, and the tokens that give it.
    Known { text: String, at: TokenStream },
    /// `.named(…)` with something else than a text in quotes.
    AtRunTime,
    /// The code gives none.
    Missing,
}

impl Name {
    /// The name to emit. The one given at run time overrides it, and a missing one is an error before it gets here.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Known { text, .. } => text.clone(),
            Self::AtRunTime | Self::Missing => "operation".to_owned(),
        }
    }

    fn of_ident(ident: &Ident) -> Self {
        let text = plain(ident);
        match check_text(&text) {
            Ok(()) => Self::Known { text, at: ident.to_token_stream() },
            Err(_) => Self::Missing,
        }
    }

    fn of_binding(binding: Option<&Ident>) -> Self {
        binding.map_or(Self::Missing, Self::of_ident)
    }
}

/// An identifier's text: `type` for `r#type`.
pub(super) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The name of a step on this expression.
pub(super) fn of_step(args: &StepArgs, base: &Expr, binding: Option<&Ident>) -> Name {
    match &args.name {
        Some(name) => Name::Known { text: name.value(), at: name.0.to_token_stream() },
        None => match called(base) {
            Some(ident) => Name::of_ident(ident),
            None => Name::of_binding(binding),
        },
    }
}

/// The name of an awaited operation.
pub(super) fn of_operation(expr: &Expr, binding: Option<&Ident>) -> Name {
    match expr {
        Expr::MethodCall(call) if call.method == "named" => of_named(call),
        Expr::MethodCall(call) if is_option(call) => of_operation(&call.receiver, binding),
        Expr::Paren(expr) => of_operation(&expr.expr, binding),
        Expr::Group(expr) => of_operation(&expr.expr, binding),
        Expr::Try(expr) => of_operation(&expr.expr, binding),
        Expr::Call(call) if binding.is_some() && constructor(call).is_some() => Name::of_binding(binding),
        _ => match called(expr) {
            Some(ident) => Name::of_ident(ident),
            None => Name::of_binding(binding),
        },
    }
}

/// What options are said of: the constructor, the call or the variable.
pub(super) fn without_options(expr: &Expr) -> &Expr {
    match expr {
        Expr::MethodCall(call) if is_option(call) => without_options(&call.receiver),
        Expr::Paren(expr) => without_options(&expr.expr),
        Expr::Group(expr) => without_options(&expr.expr),
        expr => expr,
    }
}

/// The call of this option among those that are said of an operation.
pub(super) fn said<'e>(expr: &'e Expr, option: &str) -> Option<&'e ExprMethodCall> {
    match expr {
        Expr::MethodCall(call) if call.method == option => Some(call),
        Expr::MethodCall(call) if is_option(call) => said(&call.receiver, option),
        Expr::Paren(expr) => said(&expr.expr, option),
        Expr::Group(expr) => said(&expr.expr, option),
        _ => None,
    }
}

/// Whether `.named(…)` is said of an operation.
pub(super) fn is_named(expr: &Expr) -> bool {
    said(expr, "named").is_some()
}

/// The text in `.was("…")`.
pub(super) fn was(expr: &Expr) -> Option<String> {
    match said(expr, "was")?.args.first() {
        Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Some(text.value()),
        _ => None,
    }
}

/// Whether a call's closures are step bodies, which the macro leaves alone.
pub(super) fn takes_step_bodies(call: &ExprCall) -> bool {
    constructor(call).is_some_and(|name| name == "wait_for_callback" || name == "wait_for_condition")
}

/// The operation that a call makes, when its name can't mean anything else.
pub(super) fn operation(call: &ExprCall) -> Option<&'static str> {
    let Expr::Path(path) = &*call.func else { return None };
    let mut names = path.path.segments.iter().map(|segment| &segment.ident);
    let qualified = path.path.segments.len() == 2 && names.next().is_some_and(|first| first == "durable");
    let last = last(&path.path)?;
    let known = CONSTRUCTORS.iter().filter(|name| qualified || is_certain(name));
    known.copied().find(|name| last == name)
}

/// Whether a name can mean nothing but an operation.
pub(crate) fn is_certain(name: &str) -> bool {
    ["create_callback", "wait_for_callback", "wait_for_condition"].contains(&name)
}

/// Whether a call performs operations for each of the items it is given first.
pub(super) fn takes_items(call: &ExprCall) -> bool {
    constructor(call).is_some_and(|name| name == "map" || name == "parallel")
}

/// The names that `let (a, b) = join((async { … }, async { … })).await` gives to its branches.
pub(super) fn of_branches<'a>(pat: &Pat, init: &'a mut Expr) -> Vec<(Ident, &'a mut Expr)> {
    let Pat::Tuple(pat) = pat else { return Vec::new() };
    let names: Option<Vec<Ident>> = pat.elems.iter().map(signature::ident).collect();
    match (names, joined(init)) {
        (Some(names), Some(branches)) if names.len() == branches.elems.len() => {
            names.into_iter().zip(&mut branches.elems).collect()
        }
        _ => Vec::new(),
    }
}

fn joined(expr: &mut Expr) -> Option<&mut ExprTuple> {
    match expr {
        Expr::Await(expr) => joined(&mut expr.base),
        Expr::Try(expr) => joined(&mut expr.expr),
        Expr::Paren(expr) => joined(&mut expr.expr),
        Expr::MethodCall(expr) => joined(&mut expr.receiver),
        Expr::Call(call) if constructor(call).is_some_and(|name| name == "join" || name == "try_join") => {
            match call.args.first_mut()? {
                Expr::Tuple(tuple) => Some(tuple),
                _ => None,
            }
        }
        _ => None,
    }
}

fn of_named(call: &ExprMethodCall) -> Name {
    match call.args.first() {
        Some(Expr::Lit(literal)) => match &literal.lit {
            Lit::Str(text) => Name::Known { text: text.value(), at: text.to_token_stream() },
            _ => Name::AtRunTime,
        },
        _ => Name::AtRunTime,
    }
}

pub(super) fn is_option(call: &ExprMethodCall) -> bool {
    OPTIONS.iter().any(|option| call.method == option)
}

pub(super) fn constructor(call: &ExprCall) -> Option<&Ident> {
    let Expr::Path(path) = &*call.func else { return None };
    // Compared as text: to compare it as an identifier makes a text of it each time.
    last(&path.path).filter(|ident| CONSTRUCTORS.contains(&&*ident.to_string()))
}

/// The function, method, macro or variable that an expression is about.
fn called(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => last(&path.path),
            other => called(other),
        },
        Expr::MethodCall(call) => Some(&call.method),
        Expr::Macro(expr) => last(&expr.mac.path),
        Expr::Path(path) => last(&path.path),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => Some(name),
            Member::Unnamed(_) => called(&field.base),
        },
        Expr::Index(expr) => called(&expr.expr),
        Expr::Await(expr) => called(&expr.base),
        Expr::Try(expr) => called(&expr.expr),
        Expr::Paren(expr) => called(&expr.expr),
        Expr::Group(expr) => called(&expr.expr),
        Expr::Reference(expr) => called(&expr.expr),
        _ => None,
    }
}

fn last(path: &Path) -> Option<&Ident> {
    path.segments.last().map(|segment| &segment.ident)
}
