//! What changed between two plans, and whether executions that are running can replay across it.
//!
//! A replay performs the recorded operations in the recorded order, in each context by itself. So what is added after
//! everything that can be recorded is harmless, and everything else is not, for executions that have come that far.

use super::NodeKind;
use super::outline::Item;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) what: String,
    /// Whether running executions can replay across it.
    pub(super) replays: bool,
    /// Why, or what to do.
    pub(super) reason: &'static str,
}

const AT_THE_END: &str = "what is recorded stays in front of it";
const PAST_IT: &str = "an execution that is past this place has not recorded it";
const GONE: &str = "an execution that has performed it would miss it";
const MOVED: &str = "an execution that has performed it recorded another order";
const RENAMED: &str =
    "records are found by name; say the old one with `was = \"…\"`, or keep it with `name = \"…\"` or `.named(\"…\")`";
const REKEYED: &str = "records are found by name and key, so what is recorded without the key is not found with it";
const CALLED: &str = "they do only if what is called is the definition of a step, which a plan can't see";
const KNOWN: &str = "it says what it was called";
const ARM: &str = "as long as the arms that were there are chosen as before";

/// Everything that changed from `old` to `new`.
pub(super) fn between(old: &[Item], new: &[Item]) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(old, new, Place { inside: String::new(), last: true }, &mut changes);
    changes
}

/// Where two lists of items stand.
#[derive(Clone)]
struct Place {
    /// In words, to add to a message.
    inside: String,
    /// Whether nothing that can be recorded comes after them.
    last: bool,
}

/// What becomes of an item.
enum Edit<'a> {
    Kept(&'a Item, &'a Item),
    Removed(&'a Item),
    Added(&'a Item),
}

fn compare(old: &[Item], new: &[Item], place: Place, changes: &mut Vec<Change>) {
    let edits = paired(edits(old, new));
    for (number, edit) in edits.iter().enumerate() {
        let after = edits.get(number + 1..).unwrap_or_default();
        // Something old comes after it, so that it is not the end.
        // But for arms, of which one runs.
        let follows = |edit: &Edit| match edit {
            Edit::Kept(old, _) | Edit::Removed(old) => old.kind != NodeKind::Arm && old.performs(),
            Edit::Added(_) => false,
        };
        let last = place.last && !after.iter().any(follows);
        match edit {
            Edit::Kept(old, new) => kept(old, new, &place, last, changes),
            Edit::Removed(item) => removed(item, &edits, &place, changes),
            Edit::Added(item) => added(item, &edits, &place, last, changes),
        }
    }
}

fn kept(old: &Item, new: &Item, place: &Place, last: bool, changes: &mut Vec<Change>) {
    if old.kind == new.kind && old.name != new.name {
        let what = format!("`{}` is now `{}`{}", old.label(), new.label(), place.inside);
        let says_so = new.was == Some(old.name.as_str());
        changes.push(match says_so {
            true => Change { what, replays: true, reason: KNOWN },
            false => Change { what, replays: false, reason: RENAMED },
        });
    }
    if old.kind != new.kind {
        let what = format!("`{}` is now `{}`{}", old.label(), new.label(), place.inside);
        changes.push(Change { what, replays: false, reason: CALLED });
    }
    if old.keyed != new.keyed {
        let what = format!("`{}` is now `{}`{}", old.label(), new.label(), place.inside);
        changes.push(Change { what, replays: false, reason: REKEYED });
    }
    let inside = match old.kind {
        NodeKind::Arm => place.inside.clone(),
        _ => format!(" in `{}`{}", new.label(), place.inside),
    };
    let last = match old.kind {
        NodeKind::Repeat => false,
        kind => kind.is_context() || last,
    };
    compare(&old.inside, &new.inside, Place { inside, last }, changes);
}

fn removed(item: &Item, edits: &[Edit], place: &Place, changes: &mut Vec<Change>) {
    // Said where it stands now.
    let moved = edits.iter().any(|edit| matches!(edit, Edit::Added(added) if *added == item));
    if !moved && item.performs() {
        let what = format!("`{}` is removed{}", item.label(), place.inside);
        changes.push(Change { what, replays: false, reason: GONE });
    }
}

fn added(item: &Item, edits: &[Edit], place: &Place, last: bool, changes: &mut Vec<Change>) {
    let (label, inside) = (item.label(), &place.inside);
    let moved = edits.iter().any(|edit| matches!(edit, Edit::Removed(removed) if *removed == item));
    changes.push(match item.kind {
        _ if moved => Change { what: format!("`{label}` has moved{inside}"), replays: false, reason: MOVED },
        NodeKind::Arm => Change { what: format!("an arm is added{inside}"), replays: true, reason: ARM },
        _ if last => {
            Change { what: format!("`{label}` is added at the end{inside}"), replays: true, reason: AT_THE_END }
        }
        _ => Change { what: format!("`{label}` is added{inside}"), replays: false, reason: PAST_IT },
    });
}

/// The longest common subsequence, and what is not in it.
fn edits<'a>(old: &'a [Item], new: &'a [Item]) -> Vec<Edit<'a>> {
    let mut lengths = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    let at =
        |lengths: &[Vec<usize>], i: usize, j: usize| lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    for (i, left) in old.iter().enumerate().rev() {
        for (j, right) in new.iter().enumerate().rev() {
            let length = if same(left, right) {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = length;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(left), Some(right)) if same(left, right) => {
                edits.push(Edit::Kept(left, right));
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right) if right.is_none() || at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) => {
                edits.push(Edit::Removed(left));
                i += 1;
            }
            (_, Some(right)) => {
                edits.push(Edit::Added(right));
                j += 1;
            }
            (_, None) => return edits,
        }
    }
}

/// Whether two items are one and the same: by name, or without one by all that is in them.
fn same(left: &Item, right: &Item) -> bool {
    left.kind == right.kind
        && left.name == right.name
        && left.keyed == right.keyed
        && (!left.kind.is_flow() || left == right)
}

/// Whether a step on a line became the call of a definition, or the other way round.
fn are_step_and_call(left: &Item, right: &Item) -> bool {
    matches!((left.kind, right.kind), (NodeKind::Step, NodeKind::Call) | (NodeKind::Call, NodeKind::Step))
}

/// Joins what was removed and added at one place: control flow that changed inside, and names that changed.
fn paired(edits: Vec<Edit>) -> Vec<Edit> {
    let mut paired: Vec<Edit> = Vec::new();
    for edit in edits {
        let Edit::Added(new) = edit else {
            paired.push(edit);
            continue;
        };
        let gap = paired.iter().rposition(|edit| matches!(edit, Edit::Kept(..))).map_or(0, |kept| kept + 1);
        let mut candidates = paired.iter().enumerate().skip(gap);
        let partner = candidates.find_map(|(number, edit)| match edit {
            Edit::Removed(old) if old.kind == new.kind && (old.kind.is_flow() || old.inside == new.inside) => {
                Some((number, *old))
            }
            Edit::Removed(old) if old.name == new.name && are_step_and_call(old, new) => Some((number, *old)),
            _ => None,
        });
        match partner {
            Some((number, old)) => {
                paired.remove(number);
                paired.insert(number, Edit::Kept(old, new));
            }
            None => paired.push(Edit::Added(new)),
        }
    }
    paired
}
