//! `retry(…)`: when and how often a step is tried again.

use darling::util::Flag;
use darling::{Error, FromMeta, Result};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitStr, Path};

use super::duration::Millis;

/// The options of `retry(…)`; what is not given keeps the library's default.
#[derive(Clone, Default, FromMeta)]
#[darling(default, from_word = bare)]
pub(crate) struct Retry {
    #[darling(flatten)]
    pub(crate) preset: Presets,
    /// Which errors are worth another attempt.
    #[darling(rename = "if")]
    pub(crate) retry_if: Option<Expr>,
    /// The names of the error types that are worth another attempt.
    pub(crate) only: Option<Names>,
    /// What the messages of such errors contain.
    pub(crate) messages: Option<Names>,
    /// A function that decides alone.
    pub(crate) strategy: Option<Path>,
    pub(crate) max_attempts: Option<MaxAttempts>,
    pub(crate) initial_delay: Option<Millis>,
    pub(crate) max_delay: Option<Millis>,
    pub(crate) backoff_rate: Option<Rate>,
    /// By how much each delay is longer than the one before, whatever the rate.
    pub(crate) increment: Option<Millis>,
    pub(crate) jitter: Option<Jitter>,
}

/// A ready-made strategy, by its word.
#[derive(Clone, Default, FromMeta)]
#[darling(default)]
pub(crate) struct Presets {
    none: Flag,
    exponential: Flag,
    transient: Flag,
    resource_availability: Flag,
    critical: Flag,
    linear: Flag,
    fixed: Flag,
}

impl Presets {
    /// The library's constant for the strategy that other options start from.
    pub(crate) fn constant(&self) -> &'static str {
        let Self { none, exponential, transient, resource_availability, critical, linear, fixed } = self;
        let words = [
            (none, "NONE"),
            (exponential, "EXPONENTIAL"),
            (transient, "TRANSIENT"),
            (resource_availability, "RESOURCE_AVAILABILITY"),
            (critical, "CRITICAL"),
            (linear, "LINEAR"),
            (fixed, "FIXED"),
        ];
        words.into_iter().find(|(word, _)| word.is_present()).map_or("DEFAULT", |(_, constant)| constant)
    }
}

fn bare() -> Result<Retry> {
    Err(Error::custom("`retry` says how\nhelp: write `retry(max_attempts = 5, initial_delay = \"1s\")`"))
}

/// A list of texts: `["Timeout", "Throttled"]`.
#[derive(Clone)]
pub(crate) struct Names(pub(crate) Vec<LitStr>);

impl FromMeta for Names {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let fact = "this takes a list of texts\nhelp: write `only = [\"Timeout\", \"Throttled\"]` with names of error types, or \
                    `messages = [\"connection reset\"]` with parts of what they say";
        let refused = |at: &dyn ToTokens| Error::custom(fact).with_span(&at.span());
        let Expr::Array(array) = expr else { return Err(refused(expr)) };
        let name = |element: &Expr| match element {
            Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) if !name.value().is_empty() => Ok(name.clone()),
            other => Err(refused(other)),
        };
        let names = array.elems.iter().map(name).collect::<Result<Vec<_>>>()?;
        if names.is_empty() { Err(refused(expr)) } else { Ok(Self(names)) }
    }
}

/// At least one attempt.
#[derive(Clone, Copy)]
pub(crate) struct MaxAttempts(pub(crate) u32);

impl FromMeta for MaxAttempts {
    fn from_value(value: &Lit) -> Result<Self> {
        let fact = "`max_attempts` counts the first attempt too, so it is at least 1";
        match value {
            Lit::Int(number) => match number.base10_parse() {
                Ok(attempts) if attempts >= 1 => Ok(Self(attempts)),
                _ => Err(Error::custom(fact).with_span(value)),
            },
            _ => Err(Error::custom("`max_attempts` takes a whole number").with_span(value)),
        }
    }
}

/// By how much each delay is longer than the one before.
#[derive(Clone, Copy)]
pub(crate) struct Rate(pub(crate) f64);

impl FromMeta for Rate {
    fn from_value(value: &Lit) -> Result<Self> {
        let rate = match value {
            Lit::Float(number) => number.base10_parse().ok(),
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        };
        match rate {
            Some(rate) if rate >= 1.0 => Ok(Self(rate)),
            _ => Err(Error::custom("`backoff_rate` takes a number of at least 1.0").with_span(value)),
        }
    }
}

/// How much of each delay is random.
#[derive(Clone, Copy)]
pub(crate) enum Jitter {
    Full,
    Half,
    None,
}

impl FromMeta for Jitter {
    fn from_expr(expr: &Expr) -> Result<Self> {
        let word = match expr {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        };
        match word.as_deref() {
            Some("full") => Ok(Self::Full),
            Some("half") => Ok(Self::Half),
            Some("none") => Ok(Self::None),
            _ => Err(Error::custom("`jitter` is `full`, `half` or `none`").with_span(&expr.span())),
        }
    }
}
