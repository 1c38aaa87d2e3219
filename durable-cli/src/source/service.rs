//! A service that runs, asked over HTTP.

use durable_core::model::{Clock, SystemClock};
use durable_server::body::{Callbacks, Execution, Executions, Functions};
use durable_wire::ErrorObject;
use durable_wire::api::{DurableExecution, HistoryPage};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Filter;
use crate::failure::Failure;

/// What stays as it is in a segment of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The most events of a page.
const PAGE: u32 = 1_000;

/// A service that runs.
#[derive(Debug)]
pub(crate) struct Service {
    http: Client,
    endpoint: String,
    token: Option<String>,
}

/// An execution to start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Starting<'a> {
    pub(crate) function: &'a str,
    pub(crate) version: Option<&'a str>,
    pub(crate) input: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) tenant: Option<&'a str>,
    pub(crate) timeout_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Started {
    execution_arn: String,
}

impl Service {
    pub(crate) fn new(endpoint: &str, token: Option<&str>) -> Result<Self, Failure> {
        let endpoint = endpoint.trim_end_matches('/');
        if !endpoint.starts_with("http://") {
            return Err(Failure::Usage(format!(
                "`{endpoint}` is no endpoint\nhelp: write it like http://127.0.0.1:9014; for TLS, go through a tunnel or a proxy on this machine"
            )));
        }
        // Services are on this machine or near it: what the environment says of proxies is about others.
        let http = Client::builder().no_proxy().build().map_err(|error| Failure::Connection(error.to_string()))?;
        Ok(Self { http, endpoint: endpoint.to_owned(), token: token.map(str::to_owned) })
    }

    pub(crate) async fn list(&self, filter: &Filter, limit: u32, cursor: Option<&str>) -> Result<Executions, Failure> {
        let mut parameters = filter.to_parameters(SystemClock.now());
        parameters.push(("limit", limit.to_string()));
        parameters.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        self.json(self.get("/durable/v1/executions").query(&parameters)).await
    }

    pub(crate) async fn find(&self, word: &str, function: Option<&str>) -> Result<Vec<Execution>, Failure> {
        let mut request = self.get("/durable/v1/executions/find").query(&[("ref", word)]);
        if let Some(function) = function {
            request = request.query(&[("function", function)]);
        }
        match self.json::<Executions>(request).await {
            Ok(found) => Ok(found.executions),
            Err(Failure::NotFound(_)) => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) async fn describe(&self, arn: &str) -> Result<DurableExecution, Failure> {
        self.json(self.get(&execution(arn, ""))).await
    }

    pub(crate) async fn history(&self, arn: &str, marker: Option<&str>) -> Result<HistoryPage, Failure> {
        let mut request = self.get(&execution(arn, "/history")).query(&[("MaxItems", PAGE)]);
        if let Some(marker) = marker {
            request = request.query(&[("Marker", marker)]);
        }
        self.json(request).await
    }

    /// Open callbacks: of all executions, of a function's, or of one with this ARN.
    pub(crate) async fn callbacks(
        &self,
        function: Option<&str>,
        execution: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Callbacks, Failure> {
        let given = [("function", function), ("execution", execution), ("cursor", cursor)];
        let given: Vec<_> = given.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        self.json(self.get("/durable/v1/callbacks").query(&given)).await
    }

    pub(crate) async fn functions(&self) -> Result<Functions, Failure> {
        self.json(self.get("/durable/v1/functions")).await
    }

    /// The graph of a function's plan, as text.
    pub(crate) async fn graph(&self, name: &str, version: Option<&str>, format: &str) -> Result<String, Failure> {
        let path = format!("/durable/v1/functions/{}/plan", utf8_percent_encode(name, PLAIN));
        let given = [("format", Some(format)), ("version", version)];
        let given: Vec<_> = given.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        let response = self.send(self.get(&path).query(&given)).await?;
        response.text().await.map_err(|error| self.unreachable(&error))
    }

    /// Starts an execution, or finds the one that was started with the same name and payload; its ARN.
    pub(crate) async fn start(&self, start: Starting<'_>) -> Result<String, Failure> {
        let Starting { function, version, input, name, tenant, timeout_seconds } = start;
        let body = json!({
            "FunctionName": function, "FunctionQualifier": version, "ExecutionName": name, "TenantId": tenant,
            "ExecutionTimeoutSeconds": timeout_seconds, "Input": input,
        });
        let started: Started = self.json(self.post("/start-durable-execution").json(&body)).await?;
        Ok(started.execution_arn)
    }

    pub(crate) async fn stop(&self, arn: &str, error: &ErrorObject) -> Result<(), Failure> {
        self.done(self.post(&execution(arn, "/stop")).json(error)).await
    }

    pub(crate) async fn pause(&self, arn: &str, reason: Option<&str>, pauses_timeout: bool) -> Result<(), Failure> {
        let body = json!({ "Reason": reason, "ExecutionTimeoutPaused": pauses_timeout });
        self.done(self.post(&execution(arn, "/pause")).json(&body)).await
    }

    pub(crate) async fn resume(&self, arn: &str, reason: Option<&str>) -> Result<(), Failure> {
        self.done(self.post(&execution(arn, "/resume")).json(&json!({ "Reason": reason }))).await
    }

    /// Lets an execution run again that is parked.
    pub(crate) async fn unpark(&self, id: &str) -> Result<(), Failure> {
        self.done(self.post(&format!("/durable/v1/executions/{id}/unpark"))).await
    }

    pub(crate) async fn delete(&self, arn: &str) -> Result<(), Failure> {
        self.done(self.authenticated(self.http.delete(format!("{}{}", self.endpoint, execution(arn, ""))))).await
    }

    pub(crate) async fn succeed(&self, callback: &str, result: Option<&str>) -> Result<(), Failure> {
        let request = self.post(&callback_path(callback, "succeed"));
        self.done(request.body(result.unwrap_or_default().to_owned())).await
    }

    pub(crate) async fn fail(&self, callback: &str, error: &ErrorObject) -> Result<(), Failure> {
        self.done(self.post(&callback_path(callback, "fail")).json(error)).await
    }

    pub(crate) async fn heartbeat(&self, callback: &str) -> Result<(), Failure> {
        self.done(self.post(&callback_path(callback, "heartbeat"))).await
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.authenticated(self.http.get(format!("{}{path}", self.endpoint)))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.authenticated(self.http.post(format!("{}{path}", self.endpoint)))
    }

    fn authenticated(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let response = self.send(request).await?;
        let strange = |error| Failure::Connection(format!("{} answers strangely: {error}", self.endpoint));
        response.json().await.map_err(strange)
    }

    async fn done(&self, request: RequestBuilder) -> Result<(), Failure> {
        self.send(request).await.map(drop)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(refused(response).await) }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut reason: &dyn std::error::Error = error;
        while let Some(source) = reason.source() {
            reason = source;
        }
        Failure::Connection(format!(
            "no service answers at {}: {reason}\nhelp: start one with `serve`, say where it is with `--endpoint` or DURABLE_ENDPOINT, or read the file with `--store`",
            self.endpoint
        ))
    }
}

/// What a refusal means, by its status and type.
async fn refused(response: Response) -> Failure {
    let status = response.status();
    let kind = response.headers().get("x-amzn-errortype").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (kind, body) = (kind.to_owned(), response.json::<serde_json::Value>().await.unwrap_or_default());
    let said = body.get("message").and_then(|message| message.as_str()).map(str::to_owned);
    let message = said.unwrap_or_else(|| format!("the service answers {status}"));
    match status {
        StatusCode::NOT_FOUND => Failure::NotFound(message),
        StatusCode::CONFLICT => Failure::Conflict(message),
        StatusCode::BAD_REQUEST if kind == "CallbackTimeoutException" => Failure::Conflict(message),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Failure::Usage(message),
        StatusCode::FORBIDDEN => {
            Failure::Connection(format!("{message}\nhelp: show the service's token with `--token` or DURABLE_TOKEN"))
        }
        _ => Failure::Connection(message),
    }
}

fn execution(arn: &str, rest: &str) -> String {
    format!("/2025-12-01/durable-executions/{}{rest}", utf8_percent_encode(arn, PLAIN))
}

fn callback_path(id: &str, verb: &str) -> String {
    format!("/2025-12-01/durable-execution-callbacks/{}/{verb}", utf8_percent_encode(id, PLAIN))
}
