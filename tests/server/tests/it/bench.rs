//! A service to ask, and how to ask it.

use durable::prelude::*;
use durable_server::{Server, Serving};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

#[durable]
pub(crate) async fn double(number: u32) -> Result<u32, String> {
    #[step(retry(none))]
    let doubled = checked(number).await?;
    Ok(doubled)
}

async fn checked(number: u32) -> Result<u32, String> {
    number.checked_mul(2).ok_or_else(|| format!("{number} is too large"))
}

#[durable]
pub(crate) async fn approval() -> Result<String, CallbackError> {
    let answer = create_callback::<String>().await;
    answer.await_callback()
}

#[durable(version = "7")]
pub(crate) async fn calls(number: u32) -> Result<u32, String> {
    let doubled = double(number).invoke().await.map_err(|error| error.to_string())?;
    doubled
}

#[durable]
pub(crate) async fn naps() {
    sleep(days(1)).await;
}

pub(crate) struct Bench {
    pub(crate) serving: Serving,
    client: Client,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) error_type: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        Self {
            status: response.status(),
            error_type: header("x-amzn-errortype"),
            arn: header("x-amz-durable-execution-arn"),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The status, the type of the error, and that the body says why.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, error_type: &str) {
        assert_eq!((self.status.as_u16(), self.error_type.as_deref()), (status, Some(error_type)), "{}", self.text);
        let body = self.json();
        assert!(
            body["Message"].as_str().is_some_and(|message| !message.is_empty()) && body["message"] == body["Message"]
        );
    }
}

pub(crate) async fn engine() -> Engine {
    let engine = Engine::in_memory().register(double).register(approval).register(calls).register(naps);
    engine.start().await.unwrap()
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|server| server).await
    }

    pub(crate) async fn with(set_up: impl FnOnce(Server) -> Server) -> Self {
        Self::of(set_up(Server::new(engine().await))).await
    }

    pub(crate) async fn on(engine: Engine) -> Self {
        Self::of(Server::new(engine)).await
    }

    async fn of(server: Server) -> Self {
        let serving = server.bind(([127, 0, 0, 1], 0)).start().await.unwrap();
        Self { serving, client: Client::new() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.serving.address())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.request(Method::POST, path).body(body).send().await.unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path).send().await.unwrap()).await
    }

    pub(crate) async fn invoke(&self, function: &str, kind: &str, name: Option<&str>, payload: &str) -> Answer {
        let path = format!("/2015-03-31/functions/{function}/invocations?Qualifier=%24LATEST");
        let mut request = self.request(Method::POST, &path).header("x-amz-invocation-type", kind);
        if let Some(name) = name {
            request = request.header("x-amz-durable-execution-name", name);
        }
        Answer::of(request.body(payload.to_owned()).send().await.unwrap()).await
    }

    /// Starts an execution, and returns the path that is about it.
    pub(crate) async fn started(&self, function: &str, payload: &str) -> String {
        let started = self.invoke(function, "Event", None, payload).await;
        assert_eq!(started.status, 202, "{}", started.text);
        path_of(&started.arn.unwrap())
    }

    /// The events of an execution, once this is among them.
    pub(crate) async fn history(&self, execution: &str, until: &str) -> Vec<Value> {
        loop {
            let events = self.get(&format!("{execution}/history")).await.json()["Events"].as_array().unwrap().clone();
            if events.iter().any(|event| event["EventType"] == until) {
                return events;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

/// The path of AWS's API that is about an execution.
pub(crate) fn path_of(arn: &str) -> String {
    let encoded = arn.replace('/', "%2F").replace(':', "%3A").replace('$', "%24");
    format!("/2025-12-01/durable-executions/{encoded}")
}
