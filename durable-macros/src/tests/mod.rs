//! What the macros emit, as snapshots.

mod durable;
mod generated;
mod lints;
mod pages;
mod positions;
mod spans;
mod step;
mod used;

use proc_macro2::TokenStream;

use crate::pipeline;

/// The code of `#[durable(args)] item`.
fn durable(args: &str, item: &str) -> String {
    expand(pipeline::durable, args, item)
}

/// The code of `#[step(args)] item`.
fn step(args: &str, item: &str) -> String {
    expand(pipeline::step, args, item)
}

/// The body of a durable function with these statements.
fn body(statements: &str) -> String {
    let code = durable("", &format!("async fn f() {{ {statements} }}"));
    let body = code
        .split_once("return __output;\n                }\n")
        .and_then(|(_, rest)| rest.split_once("\n            })\n"))
        .map(|(body, _)| format!("\n{body}\n").replace("\n            ", "\n"));
    body.map_or(code, |body| format!("async move {{{body}}}\n"))
}

fn expand(macro_: fn(TokenStream, TokenStream) -> TokenStream, args: &str, item: &str) -> String {
    let expanded = args.parse().and_then(|args| Ok(macro_(args, item.parse()?)));
    match expanded.map(syn::parse2) {
        Ok(Ok(file)) => prettyplease::unparse(&file),
        Ok(Err(error)) => format!("does not parse: {error}"),
        Err(error) => format!("does not lex: {error}"),
    }
}
