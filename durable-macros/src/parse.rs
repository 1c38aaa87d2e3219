//! Tokens become an item and its options.

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use syn::ItemFn;

use crate::args::{self, DurableArgs, StepArgs};
use crate::report::{Errors, Report};

/// A `#[durable]` function as written.
pub(crate) struct Durable {
    pub(crate) args: DurableArgs,
    pub(crate) item: ItemFn,
}

/// A `#[step]` function as written.
pub(crate) struct Step {
    pub(crate) args: StepArgs,
    pub(crate) item: ItemFn,
}

/// Reads `#[durable(args)] item`; `None` when the item is no function.
pub(crate) fn durable(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Durable> {
    let args = args::read(args, errors);
    function(item, errors, |item| {
        Report::at(item, "`#[durable]` stands on something that is not a function")
            .help("put it on a free function: `#[durable] async fn place_order(order: Order) -> Receipt { … }`")
    })
    .map(|item| Durable { args, item })
}

/// Reads `#[step(args)] item`; `None` when the item is no function.
pub(crate) fn step(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Step> {
    let args = args::read(args, errors);
    function(item, errors, |item| {
        Report::at(item, "`#[step]` on a line works only inside a `#[durable]` function")
            .help("put `#[durable]` on the function around this line")
            .help("or put `#[step]` on a function: `#[step] async fn reserve(order: &Order) -> Reservation { … }`")
    })
    .map(|item| Step { args, item })
}

fn function(item: TokenStream, errors: &mut Errors, otherwise: fn(TokenStream) -> Report) -> Option<ItemFn> {
    match syn::parse2(item.clone()).or_else(|_| syn::parse2(with_statements(item.clone()))) {
        Ok(function) => Some(function),
        Err(_) => {
            errors.push(otherwise(item));
            None
        }
    }
}

/// Tokens in which each `let` that a macro was given as a `$statement:stmt` stands by itself, with a semicolon, and no longer
/// in a group that can't be seen: inside of one it is read as an expression.
fn with_statements(tokens: TokenStream) -> TokenStream {
    let mut written = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Group(group) = token else {
            written.extend([token]);
            continue;
        };
        let inside = with_statements(group.stream());
        if !is_statement(&group) {
            let mut same = Group::new(group.delimiter(), inside);
            same.set_span(group.span());
            written.extend([TokenTree::Group(same)]);
            continue;
        }
        written.extend(inside);
        if !tokens.peek().is_some_and(|next| matches!(next, TokenTree::Punct(next) if next.as_char() == ';')) {
            written.extend([TokenTree::Punct(Punct::new(';', Spacing::Alone))]);
        }
    }
    written
}

fn is_statement(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::None && matches!(first, Some(TokenTree::Ident(first)) if first == "let")
}
