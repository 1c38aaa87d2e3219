//! The plan as a constant.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::attempts;
use crate::mint::Root;
use crate::model::Node;
use crate::report::place;

/// The nodes of a plan.
pub(super) fn nodes(root: &Root, nodes: &[Node]) -> TokenStream {
    let hidden = Span::mixed_site();
    let private = root.private(hidden);
    let nodes = nodes.iter().map(|Node { kind, name, at, retry, was, keyed, cfgs, inside }| {
        let constructor = Ident::new(kind.0, hidden);
        let (line, column) = place(*at);
        let inside = self::nodes(root, inside);
        let retry = retry.as_ref().map(|retry| {
            let retry = attempts::strategy(root, retry, hidden);
            quote_spanned!(hidden=> .retry(#retry))
        });
        let was = was.as_ref().map(|was| quote_spanned!(hidden=> .was(#was)));
        let keyed = keyed.then(|| quote_spanned!(hidden=> .keyed()));
        quote_spanned! {hidden=>
            #(#cfgs)* #private::Node::#constructor(#name, #line, #column, #inside) #retry #was #keyed
        }
    });
    quote_spanned!(hidden=> &[#(#nodes),*])
}
