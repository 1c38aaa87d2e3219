use super::*;
use crate::model::{Action, Detail, Start, State, Timestamp};
use crate::operation::Place;

fn act(parent: Option<&OperationId>, kind: Kind, name: &'static str) -> Act {
    let (scope, parent) = (parent.cloned(), parent.cloned());
    let (name, place) = (Name::checked(name), Place::here("site"));
    Act { scope, parent, group: None, kind, name, was: None, key: None, occurrence: None, ordered: true, place }
}

fn recorded(name: &'static str, occurrence: u32) -> Operation {
    Operation {
        id: OperationId::derive(None, &Name::checked(name), occurrence),
        parent: None,
        name: Some(Name::checked(name)),
        kind: Kind::Step,
        started: Timestamp::from_millis(0),
        ended: None,
        state: State::Started,
        detail: Detail::Step { attempts: 0, polled: None, failed: None },
    }
}

fn start(name: &'static str) -> OperationUpdate {
    let name = Name::checked(name);
    let id = OperationId::derive(None, &name, 0);
    OperationUpdate { id, parent: None, name: Some(name), kind: Kind::Step, action: Action::Start(Start::Plain) }
}

#[test]
fn recorded_operations_are_found_in_their_order() {
    let mut replay = Replay::new(vec![recorded("reserve", 0), recorded("charge", 0)]);
    let reserve = replay.perform(&mut act(None, Kind::Step, "reserve")).unwrap();
    let charge = replay.perform(&mut act(None, Kind::Step, "charge")).unwrap();
    assert!(replay.operation(&reserve).is_some() && replay.operation(&charge).is_some());
    let later = replay.perform(&mut act(None, Kind::Step, "ship")).unwrap();
    assert!(replay.operation(&later).is_none());
    replay.close(None, None).unwrap();
}

#[test]
fn each_turn_of_a_loop_has_its_own_id() {
    let mut replay = Replay::new(vec![]);
    let mut ids: Vec<_> = (0..3).map(|_| replay.perform(&mut act(None, Kind::Step, "poll")).unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_reordered_operation_names_both_sides() {
    let mut replay = Replay::new(vec![recorded("reserve", 0), recorded("charge", 0)]);
    let mismatch = replay.perform(&mut act(None, Kind::Step, "charge")).unwrap_err();
    let text = mismatch.to_string();
    let expected = format!(
        "operation 1 of this context is recorded as step `reserve`, but the code performs step `charge` at {}:7:",
        file!()
    );
    assert!(text.starts_with(&expected), "{text}");
}

#[test]
fn another_kind_under_the_same_name_is_a_mismatch() {
    let mut replay = Replay::new(vec![recorded("pause", 0)]);
    let mismatch = replay.perform(&mut act(None, Kind::Wait, "pause")).unwrap_err();
    assert!(mismatch.to_string().contains("recorded as step `pause`, but the code performs wait `pause`"));
}

#[test]
fn an_operation_left_out_at_the_end_is_a_mismatch() {
    let mut replay = Replay::new(vec![recorded("reserve", 0), recorded("charge", 0)]);
    replay.perform(&mut act(None, Kind::Step, "reserve")).unwrap();
    let text = replay.close(None, None).unwrap_err().to_string();
    assert!(text.contains("`charge`, but the code returns without performing it"), "{text}");
}

#[test]
fn updates_are_acknowledged_as_they_were_taken() {
    let mut replay = Replay::new(vec![]);
    let first = replay.push(start("a"));
    assert_eq!(replay.take(), [start("a")]);
    let second = replay.push(start("b"));
    replay.acknowledge();
    assert!(replay.is_acknowledged(first) && !replay.is_acknowledged(second));
}

#[test]
fn a_promised_update_keeps_its_place_before_later_ones() {
    let mut replay = Replay::new(vec![]);
    let promised = replay.reserve();
    let later = replay.push(start("later"));
    assert!(!replay.has_updates());
    assert_eq!(replay.take(), []);
    replay.fill(promised, start("promised"));
    assert_eq!(replay.take(), [start("promised"), start("later")]);
    replay.acknowledge();
    assert!(replay.is_acknowledged(later));
}

#[test]
fn a_promise_that_is_not_kept_holds_nothing_up() {
    let mut replay = Replay::new(vec![]);
    let promised = replay.reserve();
    replay.push(start("later"));
    replay.forget(promised);
    assert_eq!(replay.take(), [start("later")]);
}

fn renamed() -> Act {
    Act { was: Some(Name::checked("charge")), ..act(None, Kind::Step, "charge card") }
}

#[test]
fn a_renamed_operation_finds_its_record() {
    let mut replay = Replay::new(vec![recorded("charge", 0), recorded("charge", 1), recorded("notify", 0)]);
    for occurrence in 0..2 {
        let mut act = renamed();
        let id = replay.perform(&mut act).unwrap();
        assert_eq!(id, OperationId::derive(None, &Name::checked("charge"), occurrence));
        assert_eq!(act.name, Name::checked("charge"));
    }
    replay.perform(&mut act(None, Kind::Step, "notify")).unwrap();
    let id = replay.perform(&mut renamed()).unwrap();
    assert_eq!(id, OperationId::derive(None, &Name::checked("charge card"), 0));
}

#[test]
fn a_renamed_operation_that_is_not_next_shows_both_names() {
    let mut replay = Replay::new(vec![recorded("notify", 0), recorded("charge", 0)]);
    let text = replay.perform(&mut renamed()).unwrap_err().to_string();
    let expected = "recorded as step `notify`, but the code performs step `charge card` (once `charge`) at";
    assert!(text.contains(expected), "{text}");
}

/// An operation of a loop with this key.
fn keyed(key: &str) -> Act {
    Act { key: Some(key.into()), ..act(None, Kind::Step, "ship") }
}

#[test]
fn a_key_counts_by_itself() {
    let mut replay = Replay::default();
    let ids = ["a", "b", "a"].map(|key| replay.perform(&mut keyed(key)).unwrap());
    let ship = Name::checked("ship");
    let derived = |key, occurrence| OperationId::derive_keyed(None, &ship, Some(key), occurrence);
    assert_eq!(ids, [derived("a", 0), derived("b", 0), derived("a", 1)]);
    assert_ne!(ids[0], OperationId::derive(None, &ship, 0));
}

#[test]
fn keys_in_another_order_are_a_mismatch() {
    let recorded = |key| Operation {
        id: OperationId::derive_keyed(None, &Name::checked("ship"), Some(key), 0),
        ..recorded("ship", 0)
    };
    let mut replay = Replay::new(vec![recorded("a"), recorded("b")]);
    replay.perform(&mut keyed("a")).unwrap();
    replay.perform(&mut keyed("c")).unwrap_err();
    replay.perform(&mut keyed("b")).unwrap();
}
