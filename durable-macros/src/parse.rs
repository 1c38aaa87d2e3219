//! Tokens become an item and its options.

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Block, ItemFn, Signature, Visibility};

use crate::args::{self, DurableArgs, StepArgs};
use crate::model::is_certain;
use crate::report::{Errors, Report};

/// A `#[durable]` function as written.
pub(crate) struct Durable {
    pub(crate) args: DurableArgs,
    pub(crate) item: ItemFn,
}

/// A `#[step]` function as written.
pub(crate) struct Step {
    pub(crate) args: StepArgs,
    pub(crate) item: WrittenStep,
}

/// The function that is a step.
pub(crate) struct WrittenStep {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// With its braces.
    pub(crate) body: TokenStream,
    /// The body, if something in it could matter to the step. To read each would take longer than everything else.
    pub(crate) read: Option<Block>,
}

impl WrittenStep {
    /// `None` if the item is no function.
    fn read(item: &TokenStream) -> Option<Self> {
        let mut head: Vec<TokenTree> = item.clone().into_iter().collect();
        // Taken out first, as the parser makes a copy of all it is given.
        let mut body = head.pop().and_then(braces)?;
        let (mut attrs, visibility, signature) = read_head.parse2(head.into_iter().collect()).ok()?;
        if begins_with_attribute(&body) {
            // They are the function's.
            let (inner, statements) = split_attributes.parse2(body.stream()).ok()?;
            attrs.extend(inner);
            body = same(&body, statements);
        }
        let body = TokenTree::Group(body).into();
        let read = could_matter(&body).then(|| read(&body)).flatten();
        Some(Self { attrs, visibility, signature, body, read })
    }
}

/// What stands before a function's body.
fn read_head(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, Visibility, Signature)> {
    Ok((Attribute::parse_outer(input)?, input.parse()?, input.parse()?))
}

/// A group with braces; a macro's `$body:block` is one inside of a group that can't be seen.
fn braces(token: TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => group.stream().into_iter().next().and_then(braces),
        Delimiter::Parenthesis | Delimiter::Bracket => None,
    }
}

fn begins_with_attribute(body: &Group) -> bool {
    let mut tokens = body.stream().into_iter();
    ['#', '!'].iter().all(|sign| matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == *sign))
}

fn split_attributes(input: ParseStream<'_>) -> syn::Result<(Vec<Attribute>, TokenStream)> {
    Ok((Attribute::parse_inner(input)?, input.parse()?))
}

/// Whether something in the body of a step's definition could matter to the step: an operation, or a `Self`.
fn could_matter(body: &TokenStream) -> bool {
    body.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            matches!(name.as_str(), "Self" | "step" | "durable" | "await_callback") || is_certain(&name)
        }
        TokenTree::Group(group) => could_matter(&group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Reads `#[durable(args)] item`; `None` when the item is no function.
pub(crate) fn durable(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Durable> {
    let args = args::read(args, errors);
    function(item, read, errors, |item| {
        Report::at(item, "`#[durable]` stands on something that is not a function")
            .help("put it on a free function: `#[durable] async fn place_order(order: Order) -> Receipt { … }`")
    })
    .map(|item| Durable { args, item })
}

/// Reads `#[step(args)] item`; `None` when the item is no function.
pub(crate) fn step(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Step> {
    let args = args::read(args, errors);
    function(item, WrittenStep::read, errors, |item| {
        Report::at(item, "`#[step]` on a line works only inside a `#[durable]` function")
            .help("put `#[durable]` on the function around this line")
            .help("or put `#[step]` on a function: `#[step] async fn reserve(order: &Order) -> Reservation { … }`")
    })
    .map(|item| Step { args, item })
}

fn function<T>(
    item: TokenStream,
    read: fn(&TokenStream) -> Option<T>,
    errors: &mut Errors,
    otherwise: fn(TokenStream) -> Report,
) -> Option<T> {
    let function = read(&item);
    if function.is_none() {
        errors.push(otherwise(item));
    }
    function
}

fn read<T: Parse>(tokens: &TokenStream) -> Option<T> {
    syn::parse2(tokens.clone()).or_else(|_| syn::parse2(with_statements(tokens.clone()))).ok()
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
            written.extend([TokenTree::Group(same(&group, inside))]);
            continue;
        }
        written.extend(inside);
        if !tokens.peek().is_some_and(|next| matches!(next, TokenTree::Punct(next) if next.as_char() == ';')) {
            written.extend([TokenTree::Punct(Punct::new(';', Spacing::Alone))]);
        }
    }
    written
}

/// The group with something else in it.
fn same(group: &Group, inside: TokenStream) -> Group {
    let mut same = Group::new(group.delimiter(), inside);
    same.set_span(group.span());
    same
}

fn is_statement(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::None && matches!(first, Some(TokenTree::Ident(first)) if first == "let")
}
