//! Checkpoints as they arrive: which token records what, and where.

use std::sync::Arc;

use durable::Engine;
use durable::remote::{InvocationFuture, Remote, RemoteFunction, RemoteInvocation};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bench::{Answer, Bench, path_of};

/// Code elsewhere that a test is.
struct Held(mpsc::UnboundedSender<RemoteInvocation>);

impl Remote for Held {
    fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture {
        self.0.send(invocation).unwrap();
        Box::pin(std::future::pending())
    }
}

/// An execution whose code waits for the test: its path, and its first token.
struct Execution {
    path: String,
    token: String,
}

async fn held() -> (Bench, mpsc::UnboundedReceiver<RemoteInvocation>) {
    let (sender, invocations) = mpsc::unbounded_channel();
    let engine = Engine::in_memory().start().await.unwrap();
    engine.register_remote(RemoteFunction::new("held", Arc::new(Held(sender))).unwrap()).await.unwrap();
    (Bench::on(engine).await, invocations)
}

async fn started(bench: &Bench, invocations: &mut mpsc::UnboundedReceiver<RemoteInvocation>) -> Execution {
    let path = path_of(&bench.invoke("held", "Event", None, "1").await.arn.unwrap());
    let invocation = invocations.recv().await.unwrap();
    assert!(path.ends_with(&invocation.execution.to_string()));
    Execution { path, token: invocation.token.as_str().to_owned() }
}

fn begins(id: &str) -> Value {
    json!([{ "Id": id, "Type": "STEP", "SubType": "Step", "Name": id, "Action": "START" }])
}

async fn checkpoint(bench: &Bench, path: &str, token: &str, client_token: Option<&str>, updates: Value) -> Answer {
    let body = json!({ "CheckpointToken": token, "ClientToken": client_token, "Updates": updates });
    bench.post(&format!("{path}/checkpoint"), body.to_string()).await
}

async fn steps(bench: &Bench, path: &str) -> String {
    let page = bench.get(&format!("{path}/history")).await.json();
    let events = page["Events"].as_array().unwrap().iter();
    let steps = events.filter(|event| event["EventType"] == "StepStarted");
    steps.map(|event| event["Name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_call_and_its_repetition_are_one_call() {
    let (bench, mut invocations) = held().await;
    let Execution { path, token } = started(&bench, &mut invocations).await;
    let first = checkpoint(&bench, &path, &token, Some("once"), begins("a")).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.json()["NewExecutionState"]["Operations"][0]["Id"], "a");
    let again = checkpoint(&bench, &path, &token, Some("once"), begins("a")).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert_eq!(steps(&bench, &path).await, "a");
    // A token is good for one call: another call with it is none.
    for (client_token, updates) in [(None, begins("b")), (Some("other"), begins("b")), (None, json!([]))] {
        let stale = checkpoint(&bench, &path, &token, client_token, updates).await;
        stale.is_error(400, "InvalidParameterValueException");
        assert!(stale.json()["message"].as_str().unwrap().starts_with("Invalid checkpoint token"), "{}", stale.text);
    }
    let next = first.json()["CheckpointToken"].as_str().unwrap().to_owned();
    assert_eq!(checkpoint(&bench, &path, &next, Some("twice"), begins("b")).await.status, 200);
    assert_eq!(steps(&bench, &path).await, "ab");
    let long = "t".repeat(65);
    for wrong in ["", &long] {
        let refused = checkpoint(&bench, &path, &next, Some(wrong), begins("c")).await;
        refused.is_error(400, "InvalidParameterValueException");
    }
}

#[tokio::test]
async fn sec_a_token_records_only_in_its_own_execution() {
    let (bench, mut invocations) = held().await;
    let mine = started(&bench, &mut invocations).await;
    let other = started(&bench, &mut invocations).await;
    let refused = checkpoint(&bench, &other.path, &mine.token, None, begins("a")).await;
    refused.is_error(400, "InvalidParameterValueException");
    assert!(refused.json()["message"].as_str().unwrap().starts_with("Invalid checkpoint token"), "{}", refused.text);
    let encoded = |token: &str| token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let state = async |path: &str, query: String| bench.get(&format!("{path}/state{query}")).await;
    let with = |token: &str| format!("?CheckpointToken={}", encoded(token));
    state(&other.path, with(&mine.token)).await.is_error(400, "InvalidParameterValueException");
    for missing in ["", "?CheckpointToken=", "?MaxItems=10"] {
        state(&mine.path, missing.to_owned()).await.is_error(400, "InvalidParameterValueException");
    }
    for path in [&mine.path, &other.path] {
        assert_eq!(steps(&bench, path).await, "");
    }
    // What was refused has used nothing up.
    assert_eq!(state(&mine.path, with(&mine.token)).await.json()["Operations"][0]["Type"], "EXECUTION");
    for Execution { path, token } in [&mine, &other] {
        assert_eq!(checkpoint(&bench, path, token, None, begins("a")).await.status, 200);
    }
    let missing = bench.post(&format!("{}/checkpoint", mine.path), "{}").await;
    missing.is_error(400, "InvalidRequestContentException");
}

#[tokio::test]
async fn on_whose_behalf_an_execution_runs_its_code_hears() {
    let (bench, mut invocations) = held().await;
    let request = bench.request(reqwest::Method::POST, "/2015-03-31/functions/held/invocations");
    let request = request.header("x-amz-invocation-type", "Event").header("x-amz-tenant-id", "tea-house").body("1");
    assert_eq!(request.send().await.unwrap().status(), 202);
    assert_eq!(invocations.recv().await.unwrap().tenant.as_deref(), Some("tea-house"));
    started_without(&bench, &mut invocations).await;
}

async fn started_without(bench: &Bench, invocations: &mut mpsc::UnboundedReceiver<RemoteInvocation>) {
    bench.invoke("held", "Event", None, "1").await;
    assert_eq!(invocations.recv().await.unwrap().tenant, None);
}
