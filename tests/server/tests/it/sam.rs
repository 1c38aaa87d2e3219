//! What the SAM CLI asks of an emulator.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use server_tests::client::Client;

use crate::bench::{Bench, path_of};

/// A container's endpoint: a durable function that fails once, records a step, and says who called it.
#[derive(Clone)]
struct Container {
    name: &'static str,
    service: Client,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Container {
    /// Where it listens.
    async fn start(name: &'static str, bench: &Bench) -> (String, Arc<Mutex<Vec<String>>>) {
        let calls = Arc::default();
        let container = Self { name, service: Client::new(bench.url("")), calls: Arc::clone(&calls) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let router = Router::new().route("/2015-03-31/functions/{function}/invocations", post(invoke));
        tokio::spawn(axum::serve(listener, router.with_state(container)).into_future());
        (endpoint, calls)
    }
}

async fn invoke(
    State(container): State<Container>,
    Path(function): Path<String>,
    headers: HeaderMap,
    Json(event): Json<Value>,
) -> Response {
    let first = {
        let mut calls = container.calls.lock().unwrap();
        calls.push(function);
        calls.len() == 1
    };
    if first {
        // As the emulator of Lambda's runtime in a container does it: without a header.
        return Json(json!({ "errorType": "Cold", "errorMessage": "not yet" })).into_response();
    }
    let (arn, token) = (event["DurableExecutionArn"].as_str().unwrap(), event["CheckpointToken"].as_str().unwrap());
    let updates = json!([
        { "Id": "1", "Type": "STEP", "SubType": "Step", "Name": "it", "Action": "START" },
        { "Id": "1", "Type": "STEP", "SubType": "Step", "Name": "it", "Action": "SUCCEED", "Payload": "1" },
    ]);
    assert_eq!(container.service.checkpoint(arn, token, updates).await.unwrap().0, 200);
    let tenant = headers.get("x-amz-tenant-id").map(|tenant| tenant.to_str().unwrap());
    let input = &event["InitialExecutionState"]["Operations"][0]["ExecutionDetails"]["InputPayload"];
    let result = json!([container.name, input, tenant]).to_string();
    Json(json!({ "Status": "SUCCEEDED", "Result": result })).into_response()
}

/// What the SAM CLI sends.
fn start(name: &str, endpoint: &str) -> String {
    json!({
        "AccountId": "123456789012", "FunctionName": "function", "FunctionQualifier": "$LATEST", "ExecutionName": name,
        "ExecutionTimeoutSeconds": 300, "ExecutionRetentionPeriodDays": 7, "Input": "4", "TenantId": "tea-house",
        "LambdaEndpoint": endpoint,
    })
    .to_string()
}

#[tokio::test]
async fn a_start_says_where_its_function_s_container_answers() {
    let bench = Bench::with(|server| server.sam_endpoints(true)).await;
    let (first, calls) = Container::start("first", &bench).await;
    let started = bench.post("/start-durable-execution", start("a", &first)).await;
    assert_eq!(started.status, 201, "{}", started.text);
    let execution = path_of(started.json()["ExecutionArn"].as_str().unwrap());
    let events = bench.history(&execution, "ExecutionSucceeded").await;
    let types: Vec<_> = events.iter().map(|event| event["EventType"].as_str().unwrap()).collect();
    assert_eq!(
        types[1..],
        ["InvocationCompleted", "StepStarted", "StepSucceeded", "InvocationCompleted", "ExecutionSucceeded"]
    );
    assert_eq!(events[1]["InvocationCompletedDetails"]["Error"]["Payload"]["ErrorType"], "Cold");
    assert_eq!(bench.get(&execution).await.json()["Result"], r#"["first","4","tea-house"]"#);
    assert_eq!(*calls.lock().unwrap(), ["function", "function"]);
    // The next start has another container.
    let (second, _) = Container::start("second", &bench).await;
    let started = bench.post("/start-durable-execution", start("b", &second)).await;
    let execution = path_of(started.json()["ExecutionArn"].as_str().unwrap());
    bench.history(&execution, "ExecutionSucceeded").await;
    assert_eq!(bench.get(&execution).await.json()["Result"], r#"["second","4","tea-house"]"#);
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_asked_again() {
    let bench = Bench::with(|server| server.sam_endpoints(true)).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let started = bench.post("/start-durable-execution", start("a", &format!("http://{nobody}"))).await;
    let execution = path_of(started.json()["ExecutionArn"].as_str().unwrap());
    let events = bench.history(&execution, "InvocationCompleted").await;
    let error = &events[1]["InvocationCompletedDetails"]["Error"]["Payload"];
    assert_eq!(error["ErrorType"], "Runtime.Unavailable");
    assert!(error["ErrorMessage"].as_str().unwrap().contains("can't be reached"), "{error}");
    assert_eq!(bench.get(&execution).await.json()["Status"], "RUNNING");
}

#[tokio::test]
async fn sec_endpoints_are_called_only_where_that_is_wanted_and_only_on_this_machine() {
    let closed = Bench::new().await;
    let (endpoint, calls) = Container::start("first", &closed).await;
    let refused = closed.post("/start-durable-execution", start("a", &endpoint)).await;
    refused.is_error(404, "ResourceNotFoundException");
    assert!(refused.json()["message"].as_str().unwrap().contains("help: `serve --sam`"), "{}", refused.text);
    let open = Bench::with(|server| server.sam_endpoints(true)).await;
    for elsewhere in ["http://10.0.0.1:9001", "http://host.docker.internal:9001", "https://localhost:9001", "x"] {
        let refused = open.post("/start-durable-execution", start("a", elsewhere)).await;
        refused.is_error(400, "InvalidParameterValueException");
    }
    // A function that is known runs where it is known to run.
    let known = start("a", &endpoint).replace("\"function\"", "\"double\"");
    for bench in [&open, &closed] {
        let started = bench.post("/start-durable-execution", known.clone()).await;
        let execution = path_of(started.json()["ExecutionArn"].as_str().unwrap());
        bench.history(&execution, "ExecutionSucceeded").await;
        assert_eq!(bench.get(&execution).await.json()["Result"], "8");
    }
    assert!(calls.lock().unwrap().is_empty());
}
