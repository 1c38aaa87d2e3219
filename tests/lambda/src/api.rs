//! A client of the durable execution API, as far as rows need one.

use durable::model::{ErrorObject, Event};
use durable_wire::{ErrorObject as WireError, Event as WireEvent};
use serde::Deserialize;
use serde_json::{Value, json};

/// A durable execution service.
#[derive(Debug, Clone)]
pub struct Api {
    client: reqwest::Client,
    base: String,
}

/// Why the service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] reqwest::Error),
    /// The service refused.
    #[error("{0}")]
    Refused(String),
    /// It said something that can't be understood.
    #[error("{0}")]
    Malformed(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct History {
    #[serde(default)]
    events: Vec<WireEvent>,
}

/// A path segment.
pub fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

impl Api {
    /// The service at this address, such as `http://127.0.0.1:5000`.
    pub fn new(base: impl Into<String>) -> Self {
        Self { client: reqwest::Client::new(), base: base.into() }
    }

    /// Starts an execution as AWS's emulator wants it; returns its ARN.
    pub async fn start(&self, function: &str, name: &str, input: &str) -> Result<String, ApiError> {
        let body = json!({
            "AccountId": "123456789012", "FunctionName": function, "FunctionQualifier": "$LATEST",
            "ExecutionName": name, "ExecutionTimeoutSeconds": 300, "ExecutionRetentionPeriodDays": 1, "Input": input,
        });
        let url = format!("{}/start-durable-execution", self.base);
        let answer: Value = checked(self.client.post(url).json(&body).send().await?).await?.json().await?;
        let arn = answer["ExecutionArn"].as_str().or(answer["DurableExecutionArn"].as_str());
        arn.map(str::to_owned).ok_or_else(|| ApiError::Malformed(format!("no ARN in {answer}")))
    }

    /// The history of an execution.
    pub async fn history(&self, arn: &str) -> Result<Vec<Event>, ApiError> {
        let url = format!(
            "{}/2025-12-01/durable-executions/{}/history?MaxItems=1000&IncludeExecutionData=true",
            self.base,
            encoded(arn)
        );
        let mut history: Value = checked(self.client.get(url).send().await?).await?.json().await?;
        history["Events"].as_array_mut().into_iter().flatten().for_each(complete);
        let history: History =
            serde_json::from_value(history).map_err(|error| ApiError::Malformed(error.to_string()))?;
        let events = history.events.into_iter().map(Event::try_from).collect::<Result<_, _>>();
        events.map_err(|error| ApiError::Malformed(error.to_string()))
    }

    /// Completes a callback with these bytes.
    pub async fn succeed(&self, callback: &str, payload: Option<&str>) -> Result<(), ApiError> {
        self.callback(callback, "succeed", payload.unwrap_or_default().to_owned()).await
    }

    /// Completes a callback with an error.
    pub async fn fail(&self, callback: &str, error: ErrorObject) -> Result<(), ApiError> {
        let error = serde_json::to_string(&WireError::from(error)).unwrap_or_default();
        self.callback(callback, "fail", error).await
    }

    /// Keeps a callback alive.
    pub async fn heartbeat(&self, callback: &str) -> Result<(), ApiError> {
        self.callback(callback, "heartbeat", String::new()).await
    }

    async fn callback(&self, callback: &str, action: &str, body: String) -> Result<(), ApiError> {
        let url = format!("{}/2025-12-01/durable-execution-callbacks/{}/{action}", self.base, encoded(callback));
        checked(self.client.post(url).body(body).send().await?).await.map(|_| ())
    }
}

async fn checked(response: reqwest::Response) -> Result<reqwest::Response, ApiError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(ApiError::Refused(format!("{status}: {}", response.text().await.unwrap_or_default())))
}

/// Adds the details that AWS's history always has and its emulator's does not.
fn complete(event: &mut Value) {
    let details = format!("{}Details", event["EventType"].as_str().unwrap_or_default());
    let time = event["EventTimestamp"].clone();
    if let Some(event) = event.as_object_mut() {
        let details = event.entry(details).or_insert_with(|| json!({}));
        if details.is_null() {
            *details = json!({});
        }
        for details in ["StepFailedDetails", "StepSucceededDetails"] {
            let retry = event.get_mut(details).and_then(|details| details.get_mut("RetryDetails"));
            // No delay is zero: where nothing follows, AWS says nothing.
            if let Some(retry) = retry.and_then(Value::as_object_mut)
                && retry.get("NextAttemptDelaySeconds") == Some(&json!(0))
            {
                retry.remove("NextAttemptDelaySeconds");
            }
        }
        if event["EventType"] == "InvocationCompleted"
            && let Some(details) = event.get_mut("InvocationCompletedDetails").and_then(Value::as_object_mut)
        {
            for time_of in ["StartTimestamp", "EndTimestamp"] {
                details.entry(time_of).or_insert_with(|| time.clone());
            }
        }
    }
}
