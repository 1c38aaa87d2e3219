//! The options in `#[durable(…)]` and `#[step(…)]`.

mod allow;
mod duration;
mod name;
mod retry;

pub(crate) use allow::{Allow, StatementArgs};
pub(crate) use duration::{ExecutionTime, Millis};
pub(crate) use name::{Text, Version, check as check_text};
pub(crate) use retry::{Jitter, Names, Retry};

use darling::FromMeta;
use darling::ast::NestedMeta;
use darling::util::Flag;
use proc_macro2::{Span, TokenStream};
use syn::{Expr, Meta, Path};

use crate::report::{Errors, Report};

/// The options of `#[durable(…)]`.
#[derive(Default, FromMeta)]
#[darling(default)]
pub(crate) struct DurableArgs {
    /// The recorded name, instead of the function's own.
    pub(crate) name: Option<Text>,
    /// The recorded version, instead of the plan's fingerprint.
    pub(crate) version: Option<Version>,
    /// What its steps do after a failure, if they say nothing themselves.
    pub(crate) retry: Option<Retry>,
    /// How long an attempt of its steps may take, if they say nothing themselves.
    pub(crate) timeout: Option<Millis>,
    /// How long its executions may take, if they are started without a timeout of their own.
    pub(crate) execution_timeout: Option<ExecutionTime>,
    /// What payloads pass on their way to the record and back, if their operations say nothing themselves.
    pub(crate) serdes: Option<Expr>,
    /// Where generated code finds the library.
    #[darling(rename = "crate")]
    pub(crate) root: Option<Path>,
    /// Lints that are switched off for the whole function.
    #[darling(multiple)]
    pub(crate) allow: Vec<Allow>,
}

/// The options of `#[step(…)]`.
#[derive(Default, FromMeta)]
#[darling(default)]
pub(crate) struct StepArgs {
    /// The recorded name, instead of the one that the code gives.
    pub(crate) name: Option<Text>,
    /// The name that it had before.
    pub(crate) was: Option<Text>,
    /// The data that tells one occurrence from another; a text is a text, and no expression in quotes.
    #[darling(with = darling::util::parse_expr::preserve_str_literal, map = Some)]
    pub(crate) key: Option<Expr>,
    /// When and how often to try again.
    pub(crate) retry: Option<Retry>,
    /// How long an attempt may take.
    pub(crate) timeout: Option<Millis>,
    /// What the result passes on its way to the record and back.
    pub(crate) serdes: Option<Expr>,
    /// An attempt that was interrupted has failed.
    pub(crate) at_most_once: Flag,
    /// Its body blocks its thread, and so gets one of its own; on a definition only.
    pub(crate) blocking: Flag,
    /// Where generated code finds the library; on a definition only.
    #[darling(rename = "crate")]
    pub(crate) root: Option<Path>,
}

/// How a step is found and attempted, and what becomes of its result.
#[derive(Clone, Default)]
pub(crate) struct Attempts {
    pub(crate) was: Option<Text>,
    pub(crate) key: Option<Expr>,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Millis>,
    pub(crate) serdes: Option<Expr>,
    /// Where it says so.
    pub(crate) at_most_once: Option<Span>,
}

impl StepArgs {
    /// How the step is attempted.
    pub(crate) fn attempts(&self) -> Attempts {
        let Self { was, key, retry, timeout, serdes, at_most_once, .. } = self;
        Attempts {
            was: was.clone(),
            key: key.clone(),
            retry: retry.clone(),
            timeout: *timeout,
            serdes: serdes.clone(),
            at_most_once: at_most_once.is_present().then(|| at_most_once.span()),
        }
    }
}

/// Reads the options in an attribute's parentheses. After a mistake the attribute counts as having none.
pub(crate) fn read<Args: FromMeta + Default>(tokens: TokenStream, errors: &mut Errors) -> Args {
    let read = NestedMeta::parse_meta_list(tokens).map_err(Into::into).and_then(|list| Args::from_list(&list));
    read.unwrap_or_else(|error| {
        for error in syn::Error::from(error) {
            errors.push_mild(house_style(&error));
        }
        Args::default()
    })
}

/// Reads the options of an attribute inside a function: `#[step]` or `#[step(…)]`.
pub(crate) fn read_attribute<Args: FromMeta + Default>(meta: &Meta, errors: &mut Errors) -> Args {
    match meta {
        Meta::Path(_) => Args::default(),
        Meta::List(list) => read(list.tokens.clone(), errors),
        Meta::NameValue(pair) => {
            let fact = "the options of this attribute go in parentheses";
            errors.push_mild(Report::at(pair, fact).help("write `#[step(name = \"…\")]`"));
            Args::default()
        }
    }
}

/// `darling` says "Unknown field: `nmae`. Did you mean `name`?"; we give the fact and then the help.
fn house_style(error: &syn::Error) -> Report {
    let text = error.to_string();
    if !text.starts_with(char::is_uppercase) {
        return Report::from(error);
    }
    let text = text.replace("Unknown field: ", "Unknown option ").replace("Duplicate field ", "Duplicate option ");
    let (fact, help) = text.split_once(". ").unwrap_or((&text, ""));
    let report = Report::at_span(error.span(), lower_first(fact));
    if help.is_empty() { report } else { report.help(lower_first(help)) }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}
