//! The plan as text, because nothing else is as quick to compile. The library reads it when it is asked for.

use std::fmt::Write;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Attribute;

use super::attempts;
use crate::args;
use crate::mint::Root;
use crate::model::Node;
use crate::report::place;

/// A plan as it is written down.
pub(super) struct Plan {
    /// The lines in pieces, as a slice.
    pub(super) operations: TokenStream,
    /// What the steps say of retries, as a slice, if one does.
    pub(super) retries: Option<TokenStream>,
}

/// The plan of these nodes.
pub(super) fn plan(root: &Root, nodes: &[Node]) -> Plan {
    let hidden = Span::mixed_site();
    let mut writer = Writer { root, pieces: Vec::new(), retries: Vec::new() };
    writer.nodes(nodes, 0, &[]);
    let Writer { pieces, retries, .. } = writer;
    let pieces = pieces.iter().map(|Piece { cfgs, text }| quote_spanned!(hidden=> #(#cfgs)* #text));
    Plan {
        operations: quote_spanned!(hidden=> &[#(#pieces),*]),
        retries: (!retries.is_empty()).then(|| quote_spanned!(hidden=> const { &[#(#retries),*] })),
    }
}

/// Lines that are compiled under the same conditions.
struct Piece {
    cfgs: Vec<Attribute>,
    text: String,
}

struct Writer<'a> {
    root: &'a Root,
    pieces: Vec<Piece>,
    retries: Vec<TokenStream>,
}

impl Writer<'_> {
    /// Nodes that stand in something which is compiled under these conditions.
    fn nodes(&mut self, nodes: &[Node], depth: usize, outside: &[Attribute]) {
        for node in nodes {
            let cfgs = [outside, &node.cfgs].concat();
            if self.pieces.last().is_none_or(|last| !are_same(&last.cfgs, &cfgs)) {
                self.pieces.push(Piece { cfgs: cfgs.clone(), text: String::new() });
            }
            self.node(node, depth, &cfgs);
        }
    }

    fn node(&mut self, node: &Node, depth: usize, cfgs: &[Attribute]) {
        let Node { kind, name, at, retry, was, keyed, cfgs: _, inside } = node;
        let (line, column) = place(*at);
        // What can't be a name is refused when it is performed, and must not be taken for a line here.
        let name = if args::check_text(name).is_ok() { name } else { "" };
        let space = if name.is_empty() { "" } else { " " };
        self.line(depth, format_args!("{line}:{column} {}{space}{name}", kind.0));
        if let Some(was) = was.as_ref().filter(|was| args::check_text(was).is_ok()) {
            self.line(depth + 1, format_args!("was {was}"));
        }
        if *keyed {
            self.line(depth + 1, "keyed");
        }
        if let Some(retry) = retry {
            self.line(depth + 1, "retry");
            let retry = attempts::strategy(self.root, retry, Span::mixed_site());
            self.retries.push(quote_spanned!(Span::mixed_site()=> #(#cfgs)* #retry));
        }
        self.nodes(inside, depth + 1, cfgs);
    }

    fn line(&mut self, depth: usize, line: impl std::fmt::Display) {
        if let Some(Piece { text, .. }) = self.pieces.last_mut() {
            let _ = writeln!(text, "{:depth$}{line}", "");
        }
    }
}

fn are_same(left: &[Attribute], right: &[Attribute]) -> bool {
    let text = |cfg: &Attribute| cfg.to_token_stream().to_string();
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| text(left) == text(right))
}
