//! What people see.

use durable_core::model::Timestamp;
use durable_server::body::{Callback, Execution, Function};
use durable_wire::Event;
use durable_wire::api::DurableExecution;
use insta::assert_snapshot;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const WIDTH: u16 = 100;
const BEGAN: f64 = 1_800_000_000.0;
const ID: &str = "01936a4e-5b2c-7d3e-8f4a-1b2c3d4e5f60";
const ARN: &str = "arn:aws:lambda:us-west-2:123456789012:function:order:$LATEST/durable-execution/order-42/01936a4e-5b2c-7d3e-8f4a-1b2c3d4e5f60";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_millis((1_800_000_000 + seconds) * 1000)
}

fn listed(more: Value) -> Execution {
    let mut execution = json!({ "arn": ARN, "id": ID, "function": "order", "name": "order-42", "version": null,
        "status": "RUNNING", "started": after(0).to_string(), "ended": null, "due": null, "parked": null });
    execution.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read(execution)
}

fn described(more: Value) -> DurableExecution {
    let mut execution = json!({ "DurableExecutionArn": ARN, "DurableExecutionName": "order-42", "FunctionArn": "f",
        "StartTimestamp": BEGAN, "Status": "RUNNING", "InputPayload": "{\"item\":\"tea\"}" });
    execution.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read(execution)
}

/// A retried step, a wait, and a callback with its submitter in a context of their own.
fn events() -> Vec<Event> {
    let mut number = 0;
    let mut event = |kind: &str, at: f64, operation: Option<(&str, &str, Option<&str>)>, details: Value| -> Event {
        number += 1;
        let mut event = json!({ "EventId": number, "EventType": kind, "EventTimestamp": BEGAN + at,
            format!("{kind}Details"): details });
        if let Some((id, name, parent)) = operation {
            event["Id"] = id.into();
            event["Name"] = name.into();
            event["ParentId"] = parent.into();
        }
        read(event)
    };
    let failed = json!({ "Payload": { "ErrorType": "Declined", "ErrorMessage": "the bank\nsays no" } });
    let charge = Some(("a", "charge", None));
    vec![
        event("ExecutionStarted", 0.0, None, json!({ "Input": { "Payload": "{\"item\":\"tea\"}" } })),
        event("StepStarted", 0.0, charge, json!({})),
        event(
            "StepFailed",
            1.5,
            charge,
            json!({ "Error": failed, "RetryDetails": { "CurrentAttempt": 1, "NextAttemptDelaySeconds": 8 } }),
        ),
        event("InvocationCompleted", 1.5, None, json!({ "StartTimestamp": BEGAN, "EndTimestamp": BEGAN + 1.5 })),
        event("StepStarted", 10.0, charge, json!({})),
        event(
            "StepSucceeded",
            12.0,
            charge,
            json!({ "Result": { "Payload": "\"a receipt that is far longer than anybody wants to read on one line\"" } }),
        ),
        event("WaitStarted", 12.0, Some(("b", "rest", None)), json!({ "Duration": 30 })),
        event("WaitSucceeded", 42.0, Some(("b", "rest", None)), json!({ "Duration": 30 })),
        event("ContextStarted", 42.0, Some(("c", "signed", None)), json!({})),
        event("CallbackStarted", 42.0, Some(("d", "signed", Some("c"))), json!({ "CallbackId": "227f3f1c" })),
        event("StepStarted", 42.0, Some(("e", "submit", Some("c"))), json!({})),
        event("StepFailed", 43.0, Some(("e", "submit", Some("c"))), json!({ "Error": failed })),
    ]
}

#[test]
fn a_list_of_executions() {
    let unnamed = json!({ "id": "01936a4e-5b2c-7d3e-8f4a-000000000001", "name": "01936a4e-5b2c-7d3e-8f4a-000000000001",
        "status": "SUCCEEDED", "ended": after(5).to_string() });
    let parked = json!({ "name": "order-43", "parked": "the code performs `ship` where `charge` is recorded, and that at length" });
    let list = [
        listed(json!({ "due": after(7_500).to_string() })),
        listed(unnamed),
        listed(parked),
        listed(json!({ "status": "TIMED_OUT", "ended": after(90).to_string() })),
        listed(json!({ "status": "PAUSED" })),
    ];
    assert_snapshot!(super::executions(&list, after(300), WIDTH));
    assert_eq!(super::executions(&[], after(0), WIDTH), "no executions\n");
}

#[test]
fn an_execution_that_has_ended() {
    let error = json!({ "ErrorType": "Declined", "ErrorMessage": "no", "StackTrace": ["at the bank"] });
    let failed = described(json!({ "Status": "FAILED", "EndTimestamp": BEGAN + 61.0, "Error": error }));
    assert_snapshot!(super::execution(&failed, "orders"));
}

#[test]
fn an_execution_that_is_parked_in_a_pause() {
    let pause = json!({ "PauseRequestTimestamp": BEGAN + 5.0, "Reason": "closed", "ExecutionTimeoutPaused": true });
    let paused = described(json!({ "Status": "PAUSED", "PauseDetails": pause }));
    let parked = listed(json!({ "parked": "no code fits", "due": after(60).to_string() }));
    assert_snapshot!(super::described(&paused, &parked, "orders"));
}

#[test]
fn a_history() {
    assert_snapshot!(super::history(&events(), WIDTH));
}

#[test]
fn a_waterfall() {
    let waterfall = super::Waterfall::of(&events(), after(60));
    assert_snapshot!(super::trace(&listed(json!({})), &waterfall, WIDTH));
}

#[test]
fn a_waterfall_of_nothing_yet() {
    let begun = super::Waterfall::of(events().get(..1).unwrap(), after(-5));
    assert_snapshot!(super::trace(&listed(json!({})), &begun, 10));
}

#[test]
fn callbacks_that_are_open() {
    let callback: Callback = read(json!({ "callback_id": "227f3f1c1f8651db", "name": "signed", "execution": ARN,
        "execution_name": "order-42", "function": "order", "opened": after(0).to_string(), "timeout_seconds": 7_200,
        "heartbeat_seconds": 60 }));
    assert_snapshot!(super::callbacks(&[callback], after(90), WIDTH));
}

#[test]
fn functions_and_a_plan() {
    let retry = json!({ "max_attempts": 3 });
    let inside = json!([{ "kind": "wait", "name": "rest", "line": 12, "column": 5 }]);
    let operations = json!([{ "kind": "step", "name": "charge", "line": 10, "column": 5, "retry": retry },
        { "kind": "loop", "line": 11, "column": 5, "inside": inside }]);
    let plan =
        json!({ "name": "order", "fingerprint": "plan-3a", "place": "src/order.rs:8:10", "operations": operations });
    let functions: Vec<Function> = read(json!([
        { "name": "order", "version": "2", "arn": "a", "remote": false, "execution_timeout_seconds": null, "plan": plan },
        { "name": "mail", "version": null, "arn": "b", "remote": true, "execution_timeout_seconds": null, "plan": null },
    ]));
    let plans: Vec<_> = functions.iter().map(super::plan).collect();
    assert_snapshot!(format!("{}\n{}", super::functions(&functions, WIDTH), plans.join("\n")));
}

#[test]
fn what_was_done_and_what_is_next() {
    let execution = listed(json!({}));
    let said = [
        super::started(&described(json!({})), "orders"),
        super::begun(ARN),
        super::paused(&execution, "orders"),
        super::done("stopped", &execution),
    ];
    assert_snapshot!(said.join("---\n"));
}
