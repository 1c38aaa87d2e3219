//! `allow(output, reason = "…")`: a lint that is switched off, and why.

use darling::{Error, FromMeta, Result};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Lit, Meta, Token};

const FORM: &str = "\nhelp: write `allow(output, reason = \"…\")`, with the lint's name and why it does no harm here";

/// The lints that an `allow(…)` names.
#[derive(Clone)]
pub(crate) struct Allow(pub(crate) Vec<Ident>);

/// The options of `#[durable(…)]` on a statement.
#[derive(Default, FromMeta)]
#[darling(default)]
pub(crate) struct StatementArgs {
    /// Lints that are switched off for this statement.
    #[darling(multiple)]
    pub(crate) allow: Vec<Allow>,
}

impl FromMeta for Allow {
    fn from_meta(meta: &Meta) -> Result<Self> {
        let Meta::List(list) = meta else {
            return Err(Error::custom(format!("this `allow` names no lint{FORM}")).with_span(meta));
        };
        let items = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).map_err(Error::from)?;
        let mut lints = Vec::new();
        let mut reason = None;
        for item in items {
            match item {
                Meta::NameValue(pair) if pair.path.is_ident("reason") => reason = Some(pair.value),
                Meta::Path(path) => match path.get_ident() {
                    Some(lint) => lints.push(lint.clone()),
                    None => return Err(Error::custom(format!("this is not a lint's name{FORM}")).with_span(&path)),
                },
                other => return Err(Error::custom(format!("this is not a lint's name{FORM}")).with_span(&other)),
            }
        }
        if lints.is_empty() {
            return Err(Error::custom(format!("this `allow` names no lint{FORM}")).with_span(list));
        }
        match reason {
            Some(reason) if is_text(&reason) => Ok(Self(lints)),
            Some(other) => Err(Error::custom(format!("the reason is a text in quotes{FORM}")).with_span(&other)),
            None => Err(Error::custom(format!("this `allow` gives no reason{FORM}")).with_span(list)),
        }
    }
}

fn is_text(reason: &Expr) -> bool {
    matches!(reason, Expr::Lit(literal) if matches!(&literal.lit, Lit::Str(text) if !text.value().trim().is_empty()))
}
