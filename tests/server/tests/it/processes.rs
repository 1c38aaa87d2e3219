//! Function processes on AWS's runtime for Rust.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use durable::Engine;
use durable_server::{FunctionProcess, Server, Serving};
use serde_json::{Value, json};
use server_tests::client::Client;
use tokio::sync::oneshot;

const PROGRAM: &str = env!("CARGO_BIN_EXE_function-process");

async fn served(set_up: impl FnOnce(FunctionProcess) -> FunctionProcess) -> (Serving, Client) {
    let engine = Engine::in_memory().start().await.unwrap();
    let backoff = Duration::from_millis(20);
    let function = FunctionProcess::new("process", PROGRAM).backoff(backoff, backoff);
    let server = Server::new(engine).bind(([127, 0, 0, 1], 0)).function(set_up(function));
    let serving = server.start().await.unwrap();
    let client = Client::new(format!("http://{}", serving.address()));
    (serving, client)
}

/// What the function gave, and its history as the types of its events.
async fn done(client: &Client, what: &str, folder: &Path) -> (Value, Vec<Value>) {
    let input = json!({ "do": what, "folder": folder });
    let (arn, result) = client.invoke("process", "RequestResponse", &input).await.unwrap();
    (serde_json::from_str(&result).unwrap(), client.history(&arn).await.unwrap())
}

fn types(history: &[Value]) -> Vec<&str> {
    history.iter().map(|event| event["EventType"].as_str().unwrap()).collect()
}

/// The type and the text of the error with which a run has ended.
fn crash(history: &[Value]) -> (&str, &str) {
    let crashed = history.iter().find_map(|event| event["InvocationCompletedDetails"].get("Error"));
    let error = &crashed.unwrap()["Payload"];
    (error["ErrorType"].as_str().unwrap(), error["ErrorMessage"].as_str().unwrap())
}

#[tokio::test]
async fn a_process_steps_waits_and_ends() {
    let (serving, client) = served(|function| function).await;
    let (result, history) = done(&client, "steps", Path::new("/")).await;
    assert_eq!(
        types(&history),
        [
            "ExecutionStarted",
            "StepStarted",
            "StepSucceeded",
            "WaitStarted",
            "InvocationCompleted",
            "WaitSucceeded",
            "InvocationCompleted",
            "ExecutionSucceeded"
        ]
    );
    // The id that the process was told of is the one on record.
    assert_eq!(history[6]["InvocationCompletedDetails"]["RequestId"], result);
    serving.shutdown().await;
}

#[tokio::test]
async fn a_process_that_dies_is_started_again_and_goes_on() {
    let (_serving, client) = served(|function| function).await;
    let (result, history) = done(&client, "crash", Path::new("/")).await;
    assert_eq!(result, 1);
    assert_eq!(
        types(&history)[1..],
        ["StepStarted", "InvocationCompleted", "StepSucceeded", "InvocationCompleted", "ExecutionSucceeded"]
    );
    let (kind, message) = crash(&history);
    assert_eq!(kind, "Runtime.ExitError");
    assert!(message.contains("exit status: 7"), "{message}");
}

#[tokio::test]
async fn sec_a_process_whose_time_is_over_records_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let timeout = Duration::from_millis(700);
    let (_serving, client) = served(|function| function.processes(2).invocation_timeout(timeout)).await;
    let (result, history) = done(&client, "late", folder.path()).await;
    assert_eq!(result, "in time");
    assert_eq!(crash(&history).0, "Sandbox.Timedout");
    let late = loop {
        match std::fs::read_to_string(folder.path().join("late")) {
            Ok(late) if !late.is_empty() => break serde_json::from_str::<Value>(&late).unwrap(),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    assert_eq!((late[0].as_u64(), late[1]["message"].as_str()), (Some(400), Some("Invalid checkpoint token")));
}

#[tokio::test]
async fn an_error_instead_of_an_answer_is_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (_serving, client) = served(|function| function).await;
    let (result, history) = done(&client, "error", folder.path()).await;
    assert_eq!(result, Value::Null);
    assert!(crash(&history).1.contains("not today"), "{history:?}");
}

#[tokio::test]
async fn what_does_not_fit_into_an_invocation_is_read_page_by_page() {
    let (_serving, client) = served(|function| function).await;
    let (result, _) = done(&client, "many", Path::new("/")).await;
    assert_eq!(result["all"], 9);
    assert!(result["first"].as_u64().is_some_and(|first| (2..9).contains(&first)), "{result}");
}

/// An execution of a function whose process does not start, and its history when that is on record.
async fn failed_to_start(function: FunctionProcess) -> (Serving, Client, String, Vec<Value>) {
    let engine = Engine::in_memory().start().await.unwrap();
    let serving = Server::new(engine).bind(([127, 0, 0, 1], 0)).function(function).start().await.unwrap();
    let client = Client::new(format!("http://{}", serving.address()));
    let (arn, _) = client.invoke("process", "Event", &json!(1)).await.unwrap();
    let history = loop {
        let history = client.history(&arn).await.unwrap();
        if history.len() > 1 {
            break history;
        }
    };
    (serving, client, arn, history)
}

#[tokio::test]
async fn a_program_that_can_t_start_leaves_a_trace_and_no_wreck() {
    let nothing = FunctionProcess::new("process", "/there/is/no/such/program");
    let (serving, client, arn, history) = failed_to_start(nothing).await;
    assert_eq!(crash(&history).0, "Runtime.ExitError");
    assert_eq!(client.get(&arn).await.unwrap()["Status"], "RUNNING");
    serving.shutdown().await;
}

#[tokio::test]
async fn a_process_says_why_it_can_t_start() {
    let broken = FunctionProcess::new("process", env!("CARGO_BIN_EXE_runtime-process")).argument("broken");
    let (serving, client, arn, history) = failed_to_start(broken).await;
    assert_eq!(crash(&history), ("Config.Missing", "no database"));
    assert_eq!(client.get(&arn).await.unwrap()["Status"], "RUNNING", "the next process may start");
    serving.shutdown().await;
}

#[tokio::test]
async fn a_process_answers_only_for_itself() {
    let engine = Engine::in_memory().start().await.unwrap();
    let function = FunctionProcess::new("process", env!("CARGO_BIN_EXE_runtime-process")).argument("confused");
    let serving = Server::new(engine.clone()).bind(([127, 0, 0, 1], 0)).function(function).start().await.unwrap();
    for _ in 0..2 {
        let result = engine.start_json("process", "1").await.unwrap().output().await.unwrap();
        let refused = json!([[400, "InvalidRequestID"], [400, "InvalidRequestID"], [400, "InvalidRequestID"]]);
        assert_eq!(serde_json::from_str::<Value>(&result).unwrap(), refused);
    }
    serving.shutdown().await;
}

#[tokio::test]
async fn a_process_hears_on_whose_behalf_it_runs() {
    let (serving, _) = served(|function| function).await;
    let url = format!("http://{}/2015-03-31/functions/process/invocations", serving.address());
    let request = reqwest::Client::new().post(url).header("x-amz-tenant-id", "tea-house");
    let response = request.body(r#"{"do":"tenant","folder":"/"}"#).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "\"tea-house\"");
    serving.shutdown().await;
}

#[tokio::test]
async fn sec_processes_get_in_with_a_key_of_their_own() {
    let ways: [fn(Server) -> Server; 2] = [
        |server| server.access_key(durable_server::AccessKey::new("AKIAEXAMPLE", "secret")),
        |server| server.bearer_token("a-token-of-some-length"),
    ];
    for close in ways {
        let engine = Engine::in_memory().start().await.unwrap();
        let function = FunctionProcess::new("asked", env!("CARGO_BIN_EXE_asked-process"));
        let server = Server::new(engine.clone()).bind(([127, 0, 0, 1], 0)).function(function);
        let serving = close(server).start().await.unwrap();
        let run = engine.start_json("asked", "\"wait\"").await.unwrap();
        assert_eq!(run.output().await.unwrap(), "\"waited\"");
        let history = engine.history(run.id()).await.unwrap();
        let recorded: Vec<_> = history.iter().map(|event| event.kind.event_type()).collect();
        assert_eq!(recorded[1..4], ["WaitStarted", "InvocationCompleted", "WaitSucceeded"]);
        // Strangers do not.
        let url = format!("http://{}/durable/v1/metrics", serving.address());
        assert_eq!(reqwest::get(url).await.unwrap().status(), 403);
        serving.shutdown().await;
    }
}

#[tokio::test]
async fn what_a_process_has_started_ends_with_the_service() {
    // One that ends when it is told to, and one that has to be ended.
    let (serving, gone) = family("sleep 86400 &\n(trap '' TERM; sleep 86400) &\necho up >&3\nwait").await;
    serving.shutdown().await;
    all_are(gone).await;
}

#[tokio::test]
async fn what_a_process_has_started_ends_when_it_ends_itself() {
    let (_serving, gone) = family("sleep 86400 &\necho up >&3").await;
    all_are(gone).await;
}

#[tokio::test]
async fn what_a_process_has_started_ends_when_the_service_is_dropped() {
    let (serving, gone) = family("sleep 86400 &\necho up >&3\nwait").await;
    drop(serving);
    all_are(gone).await;
}

/// A function process that is a shell script, and whether it and all that it has started are gone: they hold a pipe open.
async fn family(script: &str) -> (Serving, oneshot::Receiver<()>) {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, program) = (folder.path().join("pipe"), folder.path().join("bootstrap"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(&program, format!("#!/bin/sh\nexec 3>\"$1\"\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let engine = Engine::in_memory().start().await.unwrap();
    let function = FunctionProcess::new("process", &program).argument(&pipe);
    let serving = Server::new(engine).bind(([127, 0, 0, 1], 0)).function(function).start().await.unwrap();
    let ((up, is_up), (gone, all_are_gone)) = (oneshot::channel(), oneshot::channel());
    std::thread::spawn(move || {
        let mut pipe = std::fs::File::open(pipe).unwrap();
        let mut said = [0; 3];
        pipe.read_exact(&mut said).unwrap();
        up.send(()).unwrap();
        pipe.read_to_end(&mut Vec::new()).unwrap();
        gone.send(()).unwrap();
        drop(folder);
    });
    is_up.await.unwrap();
    (serving, all_are_gone)
}

/// Waits until they are; if one is not, it stays for a day.
async fn all_are(gone: oneshot::Receiver<()>) {
    let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
    gone.expect("something that the process has started goes on").unwrap();
}

#[tokio::test]
async fn sec_with_keys_set_up_processes_sign_and_strangers_stay_out() {
    let key = durable_server::AccessKey::new("AKIAEXAMPLE", "secret");
    let engine = Engine::in_memory().start().await.unwrap();
    let function = FunctionProcess::new("process", PROGRAM);
    let server = Server::new(engine.clone()).bind(([127, 0, 0, 1], 0)).function(function).access_key(key);
    let serving = server.start().await.unwrap();
    // This process does not sign, so its checkpoint fails, and that is on record.
    let id = engine.start_json("process", r#"{"do":"steps","folder":"/"}"#).await.unwrap().id();
    loop {
        let history = engine.history(id).await.unwrap();
        let crashed = history.iter().find_map(|event| match &event.kind {
            durable::EventKind::InvocationCompleted { error, .. } => error.clone(),
            _ => None,
        });
        if let Some(error) = crashed {
            assert!(error.text().contains("403"), "{error}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    serving.shutdown().await;
}
