//! What is sent is what arrives.

use durable_core::model::{
    Action, CallbackDetail, CallbackId, Detail, ErrorObject, Event, EventKind, Identity, Kind, Name, Operation,
    OperationId, OperationUpdate, Start, State, Timestamp,
};
use durable_wire as wire;
use durable_wire::update::Change;
use serde_json::{Value, json};

const AT: Timestamp = Timestamp::from_millis(1_732_358_656_924);

fn operation(kind: Kind, state: State, detail: Detail) -> Operation {
    let ended = state.is_terminal().then_some(AT.plus_seconds(2));
    let (id, parent) = (OperationId::from_text("a1"), Some(OperationId::from_text("p1")));
    Operation { id, parent, name: Name::new("tea").ok(), kind, started: AT, ended, state, detail }
}

#[test]
fn operations_arrive_as_they_are_in_both_units_of_time() {
    let step = |attempts, polled| Detail::Step { attempts, polled, failed: None };
    let callback = || {
        Detail::Callback(CallbackDetail {
            callback_id: CallbackId::from_text("Y2I="),
            timeout: None,
            heartbeat_seconds: None,
            heartbeat: None,
        })
    };
    let error = || ErrorObject {
        data: Some("[1]".to_owned()),
        stack_trace: vec!["here".to_owned()],
        ..ErrorObject::new("Cold", "too cold")
    };
    let invoke = || Detail::Invoke { execution: None };
    let again = Detail::Step { attempts: 2, polled: None, failed: Some(error()) };
    let cases = [
        operation(Kind::Step, State::Started, step(0, None)),
        operation(Kind::Step, State::Pending { until: AT.plus_seconds(5) }, again),
        operation(Kind::Step, State::Pending { until: AT.plus_seconds(5) }, step(1, None)),
        operation(Kind::WaitForCondition, State::Ready, step(3, Some("[4]".to_owned()))),
        operation(Kind::Step, State::Succeeded(Some("7".to_owned())), step(1, None)),
        operation(Kind::Step, State::Succeeded(None), step(1, None)),
        operation(Kind::Step, State::Failed(error()), step(2, None)),
        operation(Kind::Wait, State::Started, Detail::Wait { until: AT.plus_seconds(60) }),
        operation(Kind::Wait, State::Cancelled, Detail::Wait { until: AT.plus_seconds(60) }),
        operation(Kind::Callback, State::Started, callback()),
        operation(Kind::Callback, State::TimedOut(ErrorObject::new("Callback.Heartbeat", "late")), callback()),
        operation(Kind::Map, State::Succeeded(None), Detail::Context { replay_children: true }),
        operation(Kind::ParallelBranch, State::Failed(error()), Detail::Context { replay_children: false }),
        operation(Kind::ChainedInvoke, State::Stopped(error()), invoke()),
        operation(Kind::ChainedInvoke, State::Succeeded(Some("{}".to_owned())), invoke()),
    ];
    for operation in cases {
        let seconds: wire::Operation<wire::EpochSeconds> = operation.clone().into();
        let seconds = serde_json::to_string(&seconds).unwrap();
        let seconds: wire::Operation<wire::EpochSeconds> = serde_json::from_str(&seconds).unwrap();
        assert_eq!(Operation::try_from(seconds).unwrap(), operation);
        let millis: wire::Operation<wire::EpochMillis> = operation.clone().into();
        let millis = serde_json::to_string(&millis).unwrap();
        let millis: wire::Operation<wire::EpochMillis> = serde_json::from_str(&millis).unwrap();
        assert_eq!(Operation::try_from(millis).unwrap(), operation);
    }
}

fn update(kind: Kind, action: Action) -> OperationUpdate {
    OperationUpdate { id: OperationId::from_text("a1"), parent: None, name: Name::new("tea").ok(), kind, action }
}

#[test]
fn updates_arrive_as_they_are() {
    let succeed = |payload: Option<&str>, replay_children| Action::Succeed {
        payload: payload.map(str::to_owned),
        replay_children,
    };
    let start = Start::Invoke {
        function: Name::new("milk:1").unwrap(),
        input: None,
        tenant: Some("t".to_owned()),
        timeout_seconds: None,
    };
    let retry = |attempt| Action::Retry { attempt, delay_seconds: 3 };
    let cases = [
        update(Kind::Step, Action::Start(Start::Plain)),
        update(Kind::Wait, Action::Start(Start::Wait { seconds: 9 })),
        update(Kind::Callback, Action::Start(Start::Callback { timeout_seconds: Some(9), heartbeat_seconds: None })),
        update(Kind::ChainedInvoke, Action::Start(start)),
        update(Kind::Step, succeed(Some("1"), false)),
        update(Kind::RunInChildContext, succeed(None, true)),
        update(Kind::Parallel, Action::Fail { error: ErrorObject::new("Cold", "too cold") }),
        update(Kind::Step, retry(Err(ErrorObject::new("Cold", "too cold")))),
        update(Kind::WaitForCondition, retry(Ok(Some("[2]".to_owned())))),
        update(Kind::Wait, Action::Cancel { error: None }),
        update(Kind::Wait, Action::Cancel { error: Some(ErrorObject::new("Changed", "no need to wait")) }),
    ];
    for update in cases {
        let text = serde_json::to_string(&wire::OperationUpdate::from(update.clone())).unwrap();
        let read: wire::OperationUpdate = serde_json::from_str(&text).unwrap();
        assert_eq!(Change::try_from(read).unwrap(), Change::Operation(update));
    }
}

#[test]
fn an_execution_ends_by_an_update_of_its_own() {
    for outcome in [Ok(Some("1".to_owned())), Err(ErrorObject::new("Cold", "too cold"))] {
        let update = wire::OperationUpdate::execution("execution-result", outcome.clone());
        assert_eq!(Change::try_from(update).unwrap(), Change::Execution(outcome));
    }
}

#[test]
fn what_is_not_known_is_passed_over_and_what_must_be_known_is_refused() {
    let newer = json!({ "Id": "a1", "Type": "CONTEXT", "SubType": "Choir", "Status": "STARTED", "Mood": "good",
                        "StartTimestamp": 1.5, "ContextDetails": { "Depth": 3 } });
    let read: wire::Operation<wire::EpochSeconds> = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!(Operation::try_from(read).unwrap().kind, Kind::RunInChildContext);

    for (field, value) in [("Status", "DREAMING"), ("Type", "SONG")] {
        let mut unknown = newer.clone();
        unknown[field] = Value::from(value);
        let read: wire::Operation<wire::EpochSeconds> = serde_json::from_value(unknown).unwrap();
        let refused = Operation::try_from(read).unwrap_err();
        assert!(matches!(&refused, wire::Malformed::Unknown { value: found, .. } if found == value), "{refused}");
    }
    let silent =
        json!({ "Id": "a1", "Type": "STEP", "Action": "RETRY", "StepOptions": { "NextAttemptDelaySeconds": 1 } });
    let silent: wire::OperationUpdate = serde_json::from_value(silent).unwrap();
    assert!(Change::try_from(silent).is_err(), "neither a payload nor an error");
}

#[test]
fn details_of_events_stand_there_without_fields_too() {
    let operation = Identity { id: OperationId::from_text("a1"), parent: None, name: None, kind: Kind::Step };
    let event = |kind| Event { event_id: 2, timestamp: AT, operation: Some(operation.clone()), kind };
    let started = wire::Event::of(event(EventKind::StepStarted), true).unwrap();
    let expected = json!({ "EventId": 2, "EventType": "StepStarted", "SubType": "Step", "Id": "a1",
                           "EventTimestamp": 1_732_358_656.924, "StepStartedDetails": {} });
    assert_eq!(serde_json::to_value(&started).unwrap(), expected);
    assert_eq!(serde_json::from_value::<wire::Event>(expected).unwrap(), started);

    let failed =
        EventKind::StepFailed { error: ErrorObject::new("Cold", "too cold"), attempt: 1, next_delay_seconds: Some(5) };
    let retry = json!({ "CurrentAttempt": 1, "NextAttemptDelaySeconds": 5 });
    let shown = serde_json::to_value(wire::Event::of(event(failed.clone()), true).unwrap()).unwrap();
    let error = json!({ "ErrorType": "Cold", "ErrorMessage": "too cold" });
    let details = json!({ "Error": { "Payload": error, "Truncated": false }, "RetryDetails": retry });
    assert_eq!(shown["StepFailedDetails"], details);
    let hidden = serde_json::to_value(wire::Event::of(event(failed), false).unwrap()).unwrap();
    assert_eq!(hidden["StepFailedDetails"], json!({ "Error": { "Truncated": true }, "RetryDetails": retry }));
}

#[test]
fn answers_to_an_invocation_read_as_the_service_expects_them() {
    use wire::envelope::Response;
    let cases = [
        (Response::Pending, json!({ "Status": "PENDING" })),
        (Response::Succeeded { result: Some("1".to_owned()) }, json!({ "Status": "SUCCEEDED", "Result": "1" })),
        (
            Response::Failed { error: Some(ErrorObject::new("Cold", "too cold").into()) },
            json!({ "Status": "FAILED", "Error": { "ErrorType": "Cold", "ErrorMessage": "too cold" } }),
        ),
    ];
    for (response, expected) in cases {
        assert_eq!(serde_json::to_value(&response).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Response>(expected).unwrap(), response);
    }
}
