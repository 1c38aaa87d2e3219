//! The few pieces of code that stand where operations are performed.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprMethodCall, GenericArgument, Pat, ReturnType, Type};

use crate::mint::{self, Root};
use crate::report::start;

/// Performs an operation on the hidden context. As a path call located at the operation, so that awaiting anything else
/// is one error there.
pub(super) fn perform(root: &Root, operation: impl ToTokens, name: &str, at: Span) -> TokenStream {
    let private = root.private(at);
    let ctx = mint::ctx(at);
    quote_spanned!(at=> <_ as #private::Operation>::perform(#operation, &#ctx, #name).await)
}

/// A branch with this body.
pub(super) fn branch(
    root: &Root,
    capture: impl ToTokens,
    output: &ReturnType,
    body: impl ToTokens,
    name: Option<&str>,
    at: Span,
) -> TokenStream {
    let private = root.private(at);
    let closure = closure(root, capture, &[], output, body, at);
    let name = name.map(|name| quote_spanned!(at=> .named(#name)));
    quote_spanned!(at=> #private::branch(#closure)#name)
}

/// A closure that gets the context of the branch or item that it runs in.
pub(super) fn closure(
    root: &Root,
    capture: impl ToTokens,
    inputs: &[&Pat],
    output: &ReturnType,
    body: impl ToTokens,
    at: Span,
) -> TokenStream {
    let private = root.private(at);
    let ctx = mint::ctx(at);
    let result = mint::ident("__output", at);
    let run = match output {
        ReturnType::Default => quote_spanned!(at=> let #result = async { #body }.await;),
        typed => {
            let typed_body = mint::ident("__body", at);
            quote_spanned!(at=> let #typed_body = async || #typed { #body }; let #result = #typed_body().await;)
        }
    };
    quote_spanned! {at=>
        async #capture |#ctx: #private::Ctx #(, #inputs)*| {
            #run
            #private::seal!(#result)
        }
    }
}

/// Items that operations are performed for, which must come in the same order again. A list that is collected here keeps
/// the order of what it is collected from.
pub(super) fn in_order(root: &Root, items: &mut Expr) {
    if let Expr::MethodCall(call) = items
        && collects_a_list(call)
    {
        return in_order(root, &mut call.receiver);
    }
    // Their order is known, so there is nothing to check, and nothing to compile.
    if matches!(items, Expr::Range(_) | Expr::Array(_)) {
        return;
    }
    let at = start(items);
    let private = root.private(at);
    *items = Expr::Verbatim(quote_spanned!(at=> #private::ordered!(#items)));
}

/// `.collect::<Vec<_>>()`.
fn collects_a_list(call: &ExprMethodCall) -> bool {
    let ty = call.turbofish.as_ref().and_then(|types| types.args.first());
    let Some(GenericArgument::Type(Type::Path(ty))) = ty else { return false };
    let last = ty.path.segments.last();
    call.method == "collect" && last.is_some_and(|last| last.ident == "Vec" || last.ident == "VecDeque")
}

/// The names `__0`, `__1`, … for values passed on.
pub(super) fn numbered(count: usize) -> Vec<Ident> {
    (0..count).map(|number| mint::ident(&format!("__{number}"), Span::mixed_site())).collect()
}
