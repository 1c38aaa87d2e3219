//! What a service writes to its log. A process of its own, because executions run on threads of the engine.

use std::io::Write;
use std::sync::{Arc, Mutex};

use durable::prelude::*;
use durable_server::{FunctionProcess, Server};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

const TOKEN: &str = "a-token-of-some-length";
const SECRET: &str = "4815162342";

/// Records what it is told, fails with it, waits for an answer, and fails with that.
#[durable]
async fn keeps(secret: String) -> Result<String, String> {
    #[step(name = "work", retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    let kept = work(&secret).await?;
    let answer = create_callback::<String>().named("answer").await;
    let answer = answer.await_callback().map_err(|error| error.to_string())?;
    Err(format!("{kept} {answer}"))
}

async fn work(secret: &str) -> Result<String, String> {
    match durable::attempt() {
        1 => Err(format!("not yet: {secret}")),
        _ => Ok(secret.to_owned()),
    }
}

/// Panics outside of any step. With what code panics is in the log, as the reason why its execution is parked.
#[durable]
async fn panics(secret: String) -> String {
    assert!(secret.is_empty(), "it is out of order");
    secret
}

struct Service {
    http: Client,
    endpoint: String,
}

impl Service {
    fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.endpoint)).bearer_auth(TOKEN)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.endpoint)).bearer_auth(TOKEN)
    }

    /// Starts an execution; the path that is about it.
    async fn start(&self, function: &str, payload: &Value) -> String {
        let invoke = self.post(&format!("/2015-03-31/functions/{function}/invocations"));
        let answer = invoke.header("x-amz-invocation-type", "Event").json(payload).send().await.unwrap();
        let arn = answer.headers()["x-amz-durable-execution-arn"].to_str().unwrap();
        let arn = arn.replace('/', "%2F").replace(':', "%3A").replace('$', "%24");
        format!("/2025-12-01/durable-executions/{arn}")
    }

    /// The first event of this type, as soon as there is one.
    async fn event(&self, execution: &str, kind: &str) -> Value {
        loop {
            let page = self.get(&format!("{execution}/history")).send().await.unwrap().json::<Value>().await.unwrap();
            if let Some(event) = page["Events"].as_array().unwrap().iter().find(|event| event["EventType"] == kind) {
                return event.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn sec_payloads_stay_out_of_the_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_thread_names(true);
    tracing::subscriber::set_global_default(subscriber.with_writer(log.clone()).finish()).unwrap();
    let engine = Engine::in_memory().register(keeps).register(panics).start().await.unwrap();
    let backoff = std::time::Duration::from_millis(20);
    let process = |name: &str| {
        FunctionProcess::new(name, env!("CARGO_BIN_EXE_function-process"))
            .variable("SECRET", SECRET)
            .backoff(backoff, backoff)
    };
    let server = Server::new(engine.clone()).bind(([127, 0, 0, 1], 0)).function(process("process"));
    let serving = server.start().await.unwrap();
    // The same engine, for those who show a token.
    let closed = Server::new(engine).bind(([127, 0, 0, 1], 0)).bearer_token(TOKEN).start().await.unwrap();
    let service = Service { http: Client::new(), endpoint: format!("http://{}", closed.address()) };
    let secret = json!(SECRET);

    // Payloads that can't be read, and one that is of another type.
    for payload in [format!("{{{SECRET}"), SECRET.to_owned(), format!("[{SECRET}]")] {
        service.post("/2015-03-31/functions/keeps/invocations").body(payload).send().await.unwrap();
    }
    // A retried step, a callback, and an execution that fails.
    let failing = service.start("keeps", &secret).await;
    let opened = service.event(&failing, "CallbackStarted").await;
    let callback = opened["CallbackStartedDetails"]["CallbackId"].as_str().unwrap().to_owned();
    let answer = service.post(&format!("/2025-12-01/durable-execution-callbacks/{callback}/succeed"));
    assert_eq!(answer.json(&secret).send().await.unwrap().status(), 200);
    let failed = service.event(&failing, "ExecutionFailed").await;
    assert!(failed.to_string().contains(&format!("{SECRET} {SECRET}")), "{failed}");
    // A callback that fails, and an execution that is stopped.
    let error = json!({ "ErrorType": SECRET, "ErrorMessage": SECRET, "ErrorData": SECRET, "StackTrace": [SECRET] });
    let refused = service.start("keeps", &secret).await;
    let opened = service.event(&refused, "CallbackStarted").await;
    let other = opened["CallbackStartedDetails"]["CallbackId"].as_str().unwrap().to_owned();
    service.post(&format!("/2025-12-01/durable-execution-callbacks/{other}/fail")).json(&error).send().await.unwrap();
    service.event(&refused, "ExecutionFailed").await;
    let stopped = service.start("keeps", &secret).await;
    service.post(&format!("{stopped}/stop")).json(&error).send().await.unwrap();
    service.event(&stopped, "ExecutionStopped").await;
    // A checkpoint that is refused.
    let update = json!([{ "Id": "1", "Type": "STEP", "Action": "SUCCEED", "Payload": SECRET }]);
    let checkpoint = json!({ "CheckpointToken": "bm90aGluZw==", "ClientToken": SECRET, "Updates": update });
    let answer = service.post(&format!("{stopped}/checkpoint")).json(&checkpoint).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    // A function process: its checkpoints, an invocation that ends with an error, and the end of its execution.
    let said = service.start("process", &json!({ "do": "say", "what": SECRET, "folder": "/" })).await;
    service.event(&said, "ExecutionFailed").await;
    let crashed = service.start("process", &json!({ "do": "crash", "what": SECRET, "folder": "/" })).await;
    service.event(&crashed, "ExecutionSucceeded").await;
    // Code that panics parks its execution.
    let parked = service.start("panics", &secret).await;
    while !service
        .get("/durable/v1/executions?parked=true")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
        .contains("panics")
    {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    service.get(&parked).send().await.unwrap();
    closed.shutdown().await;
    serving.shutdown().await;

    let written = log.text();
    let says = |of: &str, what: &str| written.lines().any(|line| line.contains(of) && line.contains(what));
    assert!(says("durable_server", "a function process has ended"), "nothing is seen of the service: {written}");
    assert!(says("durable-worker", "it is out of order"), "nothing is seen of the engine's threads: {written}");
    for hidden in [SECRET, TOKEN, &callback, &other] {
        let found = written.lines().find(|line| line.contains(hidden));
        assert_eq!(found, None, "{hidden}");
    }
}

/// What is written to a log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
