//! The outline of a plan: what it performs and in which order, without places. It decides whether two plans are the same.

use super::{Node, NodeKind};

/// Stands in front of what has a key. No kind is called so.
const KEYED: &str = "keyed ";

/// A line of an outline, with the lines below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: NodeKind,
    pub(super) name: String,
    /// The name before; not a part of what is written down.
    pub(super) was: Option<&'static str>,
    /// Whether data tells its occurrences apart.
    pub(super) keyed: bool,
    pub(super) inside: Vec<Item>,
}

impl Item {
    /// The line: `step charge`, or `keyed step charge`.
    pub(super) fn label(&self) -> String {
        let keyed = if self.keyed { KEYED } else { "" };
        let space = if self.name.is_empty() { "" } else { " " };
        format!("{keyed}{}{space}{}", self.kind.label(), self.name)
    }

    /// Whether an operation is performed in it.
    pub(super) fn performs(&self) -> bool {
        !self.kind.is_flow() || self.inside.iter().any(Self::performs)
    }
}

/// The outline of these nodes.
pub(super) fn of(nodes: &[Node]) -> Vec<Item> {
    let item = |node: &Node| Item {
        kind: node.kind(),
        name: node.name().unwrap_or_default().to_owned(),
        was: node.old_name(),
        keyed: node.is_keyed(),
        inside: of(node.inside()),
    };
    nodes.iter().map(item).collect()
}

/// The outline as text, each line indented under what it stands in.
pub(super) fn write(items: &[Item], depth: usize, text: &mut String) {
    for item in items {
        text.extend(std::iter::repeat_n("  ", depth));
        text.push_str(&item.label());
        text.push('\n');
        write(&item.inside, depth + 1, text);
    }
}

/// Reads what [`write()`] wrote: `(depth, label)` of each line.
pub(super) fn read(lines: &[(usize, &str)]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = lines;
    while let Some(((found, label), after)) = rest.split_first() {
        let inside = after.iter().take_while(|(inside, _)| inside > found).count();
        let (below, next) = after.split_at(inside);
        let (keyed, label) = label.strip_prefix(KEYED).map_or((false, *label), |label| (true, label));
        if let Some((kind, name)) = kind_and_name(label) {
            items.push(Item { kind, name: name.to_owned(), was: None, keyed, inside: read(below) });
        }
        rest = next;
    }
    items
}

/// The longest word of a kind that the label begins with, as `wait for callback` begins with `wait` too.
fn kind_and_name(label: &str) -> Option<(NodeKind, &str)> {
    let ends = label.match_indices(' ').map(|(end, _)| end).chain([label.len()]);
    let split = |end| label.split_at_checked(end);
    ends.filter_map(split).filter_map(|(kind, name)| Some((NodeKind::with_label(kind)?, name.trim_start()))).next_back()
}

/// A hash of the outline that is the same on every machine and in every release.
pub(super) fn fingerprint(items: &[Item]) -> String {
    let mut text = String::new();
    write(items, 0, &mut text);
    // FNV-1a, 64 bits.
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{PREFIX}{hash:016x}")
}

const PREFIX: &str = "plan-";

/// Whether a recorded version is a fingerprint, which nobody has chosen.
pub(crate) fn is_fingerprint(version: &str) -> bool {
    version.strip_prefix(PREFIX).is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}
