//! The calls of AWS's API that the processes and the tests make.

use serde_json::{Value, json};

/// What goes wrong in a process ends it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// One endpoint.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: String,
    http: reqwest::Client,
}

impl Client {
    /// The service at this URL.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into(), http: reqwest::Client::new() }
    }

    /// Records updates; the status and what came back.
    pub async fn checkpoint(&self, arn: &str, token: &str, updates: Value) -> Outcome<(u16, Value)> {
        let body = json!({ "CheckpointToken": token, "Updates": updates });
        let request = self.http.post(self.execution(arn, "/checkpoint")).json(&body);
        let response = request.send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// Invokes a function; the ARN and the body.
    pub async fn invoke(&self, function: &str, kind: &str, payload: &Value) -> Outcome<(String, String)> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.endpoint);
        let response = self.http.post(url).header("x-amz-invocation-type", kind).json(payload).send().await?;
        let arn = response.headers().get("x-amz-durable-execution-arn").ok_or("no ARN")?.to_str()?.to_owned();
        Ok((arn, response.text().await?))
    }

    /// The whole history of an execution.
    pub async fn history(&self, arn: &str) -> Outcome<Vec<Value>> {
        let page: Value = self.http.get(self.execution(arn, "/history?MaxItems=1000")).send().await?.json().await?;
        Ok(page["Events"].as_array().cloned().unwrap_or_default())
    }

    /// A page of what is recorded.
    pub async fn state(&self, arn: &str, query: &str) -> Outcome<Value> {
        Ok(self.http.get(self.execution(arn, &format!("/state?{query}"))).send().await?.json().await?)
    }

    /// An execution as a whole.
    pub async fn get(&self, arn: &str) -> Outcome<Value> {
        Ok(self.http.get(self.execution(arn, "")).send().await?.json().await?)
    }

    fn execution(&self, arn: &str, rest: &str) -> String {
        let arn = arn.replace('/', "%2F").replace(':', "%3A").replace('$', "%24");
        format!("{}/2025-12-01/durable-executions/{arn}{rest}", self.endpoint)
    }
}
