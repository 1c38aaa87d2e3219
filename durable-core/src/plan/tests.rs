//! Fingerprints, the file, and what each change means for running executions.

use super::changes::between;
use super::{Node, NodeKind, Written, lock, outline};
use crate::model::Retry;

fn outline(text: &str) -> Vec<outline::Item> {
    let lines: Vec<(usize, &str)> =
        text.lines().map(|line| ((line.len() - line.trim_start().len()) / 2, line.trim())).collect();
    outline::read(&lines)
}

const ORDER: &str = "\
step reserve
loop
  step pack
choice
  arm
    step charge
    wait for callback paid
  arm
branch tell
  call notify
wait pause
";

/// Replaces lines of the order, and says what changed and whether running executions replay.
fn check(replace: &str, with: &str, expected: &[(&str, bool)]) {
    assert!(ORDER.contains(replace));
    let changes = between(&outline(ORDER), &outline(&ORDER.replace(replace, with)));
    let found: Vec<(&str, bool)> = changes.iter().map(|change| (change.what.as_str(), change.replays)).collect();
    assert_eq!(found, expected, "{replace:?} by {with:?}");
}

#[test]
fn an_outline_reads_back() {
    let mut text = String::new();
    outline::write(&outline(ORDER), 0, &mut text);
    assert_eq!(text, ORDER);
}

#[test]
fn additions_at_the_end_replay() {
    check("wait pause\n", "wait pause\nstep thank\n", &[("`step thank` is added at the end", true)]);
    check(
        "  call notify\n",
        "  call notify\n  step log\n",
        &[("`step log` is added at the end in `branch tell`", true)],
    );
    check(
        "    wait for callback paid\n  arm\n",
        "    wait for callback paid\n  arm\n  arm\n    step refuse\n",
        &[("an arm is added in `choice`", true)],
    );
}

#[test]
fn the_end_of_an_arm_is_the_end_if_nothing_follows_the_choice() {
    let changes = |after: &str| {
        let plan = |added: &str| outline(&format!("choice\n  arm\n    step a\n{added}  arm\n    step b\n{after}"));
        let changes = between(&plan(""), &plan("    step c\n"));
        changes.into_iter().map(|change| change.replays).collect::<Vec<_>>()
    };
    assert_eq!(changes(""), [true]);
    assert_eq!(changes("step d\n"), [false]);
}

#[test]
fn additions_before_something_do_not() {
    check("step reserve\n", "step check\nstep reserve\n", &[("`step check` is added", false)]);
    check("  step pack\n", "  step pack\n  step weigh\n", &[("`step weigh` is added in `loop`", false)]);
    check("    step charge\n", "    step charge\n    step log\n", &[("`step log` is added in `choice`", false)]);
    check("  call notify\n", "  step log\n  call notify\n", &[("`step log` is added in `branch tell`", false)]);
}

#[test]
fn a_rename_that_is_said_replays() {
    let renamed = |was| {
        let mut order = outline(&ORDER.replace("step reserve", "step hold stock"));
        order[0].was = was;
        between(&outline(ORDER), &order).iter().map(|change| change.replays).collect::<Vec<_>>()
    };
    assert_eq!(renamed(None), [false]);
    assert_eq!(renamed(Some("reserve")), [true]);
    assert_eq!(renamed(Some("charge")), [false]);
}

#[test]
fn removals_moves_and_renames_do_not() {
    check("wait pause\n", "", &[("`wait pause` is removed", false)]);
    check("  step pack\n", "", &[("`step pack` is removed in `loop`", false)]);
    check("step reserve\n", "call reserve\n", &[("`step reserve` is now `call reserve`", false)]);
    check("step reserve\n", "step hold\n", &[("`step reserve` is now `step hold`", false)]);
    let moved = outline(&format!("{}step reserve\n", ORDER.replace("step reserve\n", "")));
    let changes = between(&outline(ORDER), &moved);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].what.as_str(), changes[0].replays), ("`step reserve` has moved", false));
}

#[test]
fn an_empty_choice_is_no_operation() {
    let old = outline("step a\nchoice\n  arm\n  arm\n");
    assert_eq!(between(&old, &outline("step a\n")), []);
}

#[test]
fn a_fingerprint_is_of_names_and_order_only() {
    const PLAN: &str = "1:2 step a\n3:4 repeat\n 5:6 wait b\n";
    const ELSEWHERE: &str = "7:8 step a\n9:9 repeat\n 0:0 wait b\n";
    const FLAT: &str = "1:2 step a\n5:6 wait b\n";
    let fingerprint = |plan: &'static str| outline::fingerprint(&outline::of(&read(&[plan], &[])));
    assert_eq!(fingerprint(PLAN), fingerprint(ELSEWHERE));
    assert_ne!(fingerprint(PLAN), fingerprint(FLAT));
    // Recorded with executions, so it must never change.
    assert_eq!(fingerprint(FLAT), "plan-49026d065ede0115");
    assert!(outline::is_fingerprint(&fingerprint(FLAT)) && !outline::is_fingerprint("plan-b"));
}

fn read(operations: &[&'static str], retries: &'static [Retry]) -> Vec<Node> {
    let operations = operations.to_vec().leak();
    Written { operations, retries }.read()
}

#[test]
fn what_is_said_of_an_operation_stands_below_it() {
    const RETRIES: &[Retry] = &[Retry::TRANSIENT, Retry::DEFAULT];
    let text = ["1:2 step a\n retry\n3:4 race b\n was old name\n keyed\n 5:6 step c\n", "  retry\n 7:8 step\n"];
    let [a, b] = read(&text, RETRIES).try_into().unwrap();
    assert_eq!((a.name(), a.line(), a.column()), (Some("a"), 1, 2));
    assert_eq!((a.retry_strategy(), a.is_keyed(), a.old_name()), (Some(Retry::TRANSIENT), false, None));
    assert_eq!((b.kind(), b.retry_strategy(), b.is_keyed()), (NodeKind::Race, None, true));
    assert_eq!(b.old_name(), Some("old name"));
    let [c, unnamed] = b.inside() else { panic!("{b:?}") };
    assert_eq!((c.name(), c.retry_strategy(), c.is_keyed()), (Some("c"), Some(Retry::DEFAULT), false));
    assert_eq!((unnamed.name(), unnamed.retry_strategy(), unnamed.line()), (None, None, 7));
}

#[test]
fn pieces_may_be_missing() {
    let names = |pieces: &[&'static str]| {
        let mut text = String::new();
        outline::write(&outline::of(&read(pieces, &[])), 0, &mut text);
        text
    };
    let (first, second, last) = ("1:1 repeat\n 2:2 step a  b\n  was  c\n", " 3:3 call d\n", "4:4 call e\n");
    assert_eq!(names(&[first, second, last]), "loop\n  step a  b\n  call d\ncall e\n");
    assert_eq!(names(&[first, last]), "loop\n  step a  b\ncall e\n");
    let nodes = read(&[first], &[]);
    assert_eq!(nodes[0].inside()[0].old_name(), Some(" c"), "a name may begin with a space");
}

#[test]
fn the_file_reads_back() {
    let text = "\n\"place \\\"order\\\"\" \"2\"\n  step charge\n  loop\n    wait pause\n\n\"other\"\n";
    let functions = lock::read(text);
    assert_eq!(functions.len(), 2);
    assert!(lock::write(&functions).ends_with(text));
}

#[test]
fn a_key_changes_what_is_found() {
    check("  step pack\n", "  keyed step pack\n", &[("`step pack` is now `keyed step pack` in `loop`", false)]);
    let mut text = String::new();
    outline::write(&outline("loop\n  keyed wait for callback paid\n"), 0, &mut text);
    assert_eq!(text, "loop\n  keyed wait for callback paid\n");
}
