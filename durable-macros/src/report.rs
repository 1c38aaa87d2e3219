//! What the macros say about a mistake, and the one place where mistakes collect.

use std::collections::BTreeMap;
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote_spanned};
use syn::{Attribute, Expr, Path};

/// One mistake: the fact, then how to fix it, then why it matters.
pub(crate) struct Report {
    start: Span,
    end: Span,
    fact: String,
    help: Vec<String>,
    notes: Vec<String>,
    cfgs: Vec<Attribute>,
}

impl Report {
    /// A mistake at `tokens`: the smallest that the user must change.
    pub(crate) fn at(tokens: impl ToTokens, fact: impl Display) -> Self {
        let mut spans = tokens.into_token_stream().into_iter().map(|token| token.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        Self {
            start,
            end: spans.last().unwrap_or(start),
            fact: fact.to_string(),
            help: Vec::new(),
            notes: Vec::new(),
            cfgs: Vec::new(),
        }
    }

    /// A mistake in something that gave us its place only.
    pub(crate) fn at_span(span: Span, fact: impl Display) -> Self {
        Self { start: span, end: span, fact: fact.to_string(), help: Vec::new(), notes: Vec::new(), cfgs: Vec::new() }
    }

    /// How to fix it, with code to paste.
    pub(crate) fn help(mut self, help: impl Display) -> Self {
        self.help.push(help.to_string());
        self
    }

    /// Why it matters.
    pub(crate) fn note(mut self, note: impl Display) -> Self {
        self.notes.push(note.to_string());
        self
    }

    /// It is one only if all of this is configured.
    pub(crate) fn when<'a>(mut self, cfgs: impl IntoIterator<Item = &'a Attribute>) -> Self {
        self.cfgs.extend(cfgs.into_iter().cloned());
        self
    }

    fn text(&self) -> String {
        let help = self.help.iter().map(|help| format!("\nhelp: {}", indent(help)));
        let notes = self.notes.iter().map(|note| format!("\nnote: {}", indent(note)));
        std::iter::once(self.fact.clone()).chain(help).chain(notes).collect()
    }
}

/// Code that follows on lines of its own stands below the text, not below `help:`.
fn indent(text: &str) -> String {
    text.replace('\n', "\n      ")
}

impl ToTokens for Report {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let text = self.text();
        tokens.append_all(&self.cfgs);
        tokens.extend(quote_spanned!(self.start=> ::core::compile_error!));
        tokens.extend(quote_spanned!(self.end=> { #text }));
    }
}

impl From<&syn::Error> for Report {
    fn from(error: &syn::Error) -> Self {
        Self::at_span(error.span(), error)
    }
}

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors {
    reports: Vec<Report>,
    /// By the number of the use that each is about.
    in_place: BTreeMap<usize, Report>,
    spoiled: bool,
}

impl Errors {
    /// A mistake after which the function's body would only cause more errors.
    pub(crate) fn push(&mut self, report: Report) {
        self.reports.push(report);
        self.spoiled = true;
    }

    /// A mistake after which the function's body is written nevertheless, so that what it imports counts as used.
    pub(crate) fn push_mild(&mut self, report: Report) {
        self.reports.push(report);
    }

    /// A mistake that takes the place of the use that it is about, so that the rest of the body is written: what an
    /// error stands for has any type. Without a place it spoils the body.
    pub(crate) fn push_in_place(&mut self, number: Option<usize>, report: Report) {
        match number {
            Some(number) => {
                self.in_place.insert(number, report);
            }
            None => self.push(report),
        }
    }

    /// The mistakes that take the place of a use.
    pub(crate) fn take_in_place(&mut self) -> BTreeMap<usize, Report> {
        std::mem::take(&mut self.in_place)
    }

    /// Whether the body can be written.
    pub(crate) fn spare_the_body(&self) -> bool {
        !self.spoiled
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.reports);
        tokens.append_all(self.in_place.values());
    }
}

/// The line of a token, for a message about another one; unknown outside of a compiler.
pub(crate) fn line(tokens: impl ToTokens) -> Option<usize> {
    let token = tokens.into_token_stream().into_iter().next()?;
    proc_macro::is_available().then(|| token.span().unwrap().line())
}

/// The span of the first token.
pub(crate) fn start(code: &impl ToTokens) -> Span {
    code.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

fn start_of_path(path: &Path) -> Span {
    match (&path.leading_colon, path.segments.first()) {
        (None, Some(first)) => first.ident.span(),
        _ => start(path),
    }
}

/// The span of an expression's first token, without writing down the tokens of most.
pub(crate) fn start_of(expr: &Expr) -> Span {
    match expr {
        Expr::Await(expr) => start_of(&expr.base),
        Expr::Call(expr) => start_of(&expr.func),
        Expr::Field(expr) => start_of(&expr.base),
        Expr::Index(expr) => start_of(&expr.expr),
        Expr::MethodCall(expr) => start_of(&expr.receiver),
        Expr::Try(expr) => start_of(&expr.expr),
        Expr::Path(expr) if expr.qself.is_none() => start_of_path(&expr.path),
        Expr::Macro(expr) => start_of_path(&expr.mac.path),
        other => start(other),
    }
}

/// The line and column of a span; unknown outside of a compiler.
pub(crate) fn place(span: Span) -> (u32, u32) {
    if !proc_macro::is_available() {
        return (0, 0);
    }
    let span = span.unwrap();
    (span.line().try_into().unwrap_or_default(), span.column().try_into().unwrap_or_default())
}

/// A piece of the user's code as one writes it, for messages; its own spaces are not known here.
pub(crate) fn code(tokens: impl ToTokens) -> String {
    let text = tokens.into_token_stream().to_string();
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (spaced, tight) in [
        (" . ", "."),
        (" :: ", "::"),
        (" ?", "?"),
        (" (", "("),
        ("::< ", "::<"),
        (" < ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
        (" :", ":"),
        (" !", "!"),
        ("& ", "&"),
        ("( ", "("),
        (" )", ")"),
        (":(", ": ("),
        (",(", ", ("),
        ("->(", "-> ("),
    ] {
        text = text.replace(spaced, tight);
    }
    text = text.replace(" .. ", "..");
    // A closure's bars stand at its parameters.
    while let Some((before, after)) = text.split_once("(| ") {
        text = match after.split_once(" | ") {
            Some((parameters, body)) => format!("{before}(|{parameters}| {body}"),
            None => format!("{before}(|{after}"),
        };
    }
    // A type in angle brackets at the beginning, as in `<Instant>::now`.
    match text.strip_prefix("< ") {
        Some(rest) => format!("<{rest}"),
        None => text,
    }
}
