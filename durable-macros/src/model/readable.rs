//! Macros whose arguments are expressions, so that awaits and steps in them can be read and written.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, Macro, Path, Token};

use super::Argument;

/// The macros of the standard library and of `tracing` and `log` whose arguments are evaluated in place.
const READABLE: [&str; 36] = [
    "format",
    "format_args",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "panic",
    "todo",
    "unreachable",
    "unimplemented",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "vec",
    "matches",
    "dbg",
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "span",
    "trace_span",
    "debug_span",
    "info_span",
    "warn_span",
    "error_span",
    "anyhow",
    "bail",
    "ensure",
];

/// The arguments of a macro, when it is a readable one.
pub(super) fn arguments(path: &Path, tokens: &TokenStream) -> Option<Vec<Argument>> {
    let name = &path.segments.last()?.ident;
    let readable = READABLE.iter().any(|readable| name == readable);
    readable.then(|| list.parse2(tokens.clone()).ok()).flatten()
}

/// The expressions among the arguments of a macro, when it is a readable one.
pub(super) fn expressions(mac: &Macro) -> Vec<Expr> {
    let arguments = arguments(&mac.path, &mac.tokens).unwrap_or_default();
    arguments.into_iter().filter_map(|argument| argument.expr).collect()
}

/// The macros that run their arguments side by side, in whatever crate.
pub(crate) const CONCURRENT: [&str; 4] = ["select", "select_biased", "join", "try_join"];

/// Whether a macro runs its arguments side by side.
pub(crate) fn is_concurrent(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| CONCURRENT.iter().any(|name| last.ident == name))
}

/// What in these tokens only works when the durable function sees it.
pub(super) fn hidden(tokens: &TokenStream) -> Option<&'static str> {
    let mut previous = String::new();
    for token in tokens.clone() {
        let text = match &token {
            TokenTree::Group(group) => {
                if previous == "#" && group.delimiter() == Delimiter::Bracket && starts_with_step(group.stream()) {
                    return Some("#[step]");
                }
                if let Some(what) = hidden(&group.stream()) {
                    return Some(what);
                }
                String::new()
            }
            other => other.to_string(),
        };
        match (previous.as_str(), text.as_str()) {
            (".", "await") => return Some(".await"),
            (".", "await_callback") => return Some(".await_callback()"),
            _ => previous = text,
        }
    }
    None
}

/// Whether these tokens could contain something to mark.
pub(super) fn is_async(tokens: &TokenStream) -> bool {
    hidden(tokens).is_some()
        || tokens.clone().into_iter().any(|token| match token {
            TokenTree::Group(group) => is_async(&group.stream()),
            TokenTree::Ident(ident) => ident == "async",
            _ => false,
        })
}

fn starts_with_step(attribute: TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    let path = text.split('(').next().unwrap_or_default();
    path.rsplit("::").next() == Some("step")
}

fn list(input: ParseStream) -> syn::Result<Vec<Argument>> {
    let mut arguments = Vec::new();
    while !input.is_empty() {
        arguments.push(input.parse()?);
    }
    Ok(arguments)
}

impl Parse for Argument {
    /// An argument may begin with what is no expression (`field = %`, `target: `, a pattern): skip tokens until the
    /// rest is one.
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut prefix = TokenStream::new();
        let expr = loop {
            if at_separator(input) {
                break None;
            }
            let ahead = input.fork();
            if let Ok(expr) = ahead.parse::<Expr>()
                && at_separator(&ahead)
            {
                input.advance_to(&ahead);
                break Some(expr);
            }
            prefix.extend([input.parse::<TokenTree>()?]);
        };
        let separator = if input.is_empty() { TokenStream::new() } else { input.parse::<TokenTree>()?.into() };
        Ok(Self { prefix, expr, separator })
    }
}

fn at_separator(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;])
}
