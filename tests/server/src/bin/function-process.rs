//! A function on AWS's runtime for Rust, which speaks with its service by hand. Its input says what it does.

use std::path::Path;

use lambda_runtime::{LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use server_tests::client::{Client, Outcome};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(service_fn(handle)).await
}

struct Execution<'a> {
    client: Client,
    arn: &'a str,
    token: String,
    operations: &'a [Value],
    next_marker: Option<String>,
    /// Where the function leaves what it wants tests to see.
    folder: &'a Path,
}

async fn handle(event: LambdaEvent<Value>) -> Outcome<Value> {
    let (event, context) = event.into_parts();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (arn, token) = (text(&event["DurableExecutionArn"]), text(&event["CheckpointToken"]));
    let operations = event["InitialExecutionState"]["Operations"].as_array().ok_or("no operations")?;
    let next_marker = event["InitialExecutionState"]["NextMarker"].as_str().map(str::to_owned);
    let input: Value = serde_json::from_str(&text(&operations[0]["ExecutionDetails"]["InputPayload"]))?;
    let folder = text(&input["folder"]);
    let client = Client::new(std::env::var("AWS_ENDPOINT_URL_LAMBDA")?);
    let execution = Execution { client, arn: &arn, token, operations, next_marker, folder: Path::new(&folder) };
    match input["do"].as_str() {
        Some("steps") => execution.steps(&context.request_id).await,
        Some("crash") => execution.crash().await,
        Some("late") => execution.late().await,
        Some("error") => execution.error().await,
        Some("many") => execution.many().await,
        Some("tenant") => Ok(json!({ "Status": "SUCCEEDED", "Result": json!(context.tenant_id).to_string() })),
        Some("say") => execution.says(input["what"].clone()).await,
        _ => Ok(json!({ "Status": "FAILED", "Error": { "ErrorType": "Input", "ErrorMessage": input.to_string() } })),
    }
}

impl Execution<'_> {
    fn is_replay(&self) -> bool {
        self.operations.len() > 1
    }

    async fn record(&mut self, updates: Value) -> Outcome<Value> {
        let (status, body) = self.client.checkpoint(self.arn, &self.token, updates).await?;
        if status != 200 {
            return Err(format!("{status}: {body}").into());
        }
        self.token = body["CheckpointToken"].as_str().unwrap_or_default().to_owned();
        Ok(body)
    }

    /// A step, a wait, and a result.
    async fn steps(mut self, request_id: &str) -> Outcome<Value> {
        if self.is_replay() {
            return Ok(json!({ "Status": "SUCCEEDED", "Result": json!(request_id).to_string() }));
        }
        self.record(step("1", "START", json!({}))).await?;
        self.record(step("1", "SUCCEED", json!({ "Payload": "1" }))).await?;
        let wait = json!([{ "Id": "2", "Type": "WAIT", "SubType": "Wait", "Name": "nap", "Action": "START",
                            "WaitOptions": { "WaitSeconds": 1 } }]);
        self.record(wait).await?;
        Ok(json!({ "Status": "PENDING" }))
    }

    /// Ends the process in the middle of a step, once.
    async fn crash(mut self) -> Outcome<Value> {
        if !self.is_replay() {
            self.record(step("1", "START", json!({}))).await?;
            std::process::exit(7);
        }
        self.record(step("1", "SUCCEED", json!({ "Payload": "1" }))).await?;
        Ok(json!({ "Status": "SUCCEEDED", "Result": "1" }))
    }

    /// Works on after its time is over, once, and notes what comes of that.
    async fn late(mut self) -> Outcome<Value> {
        if !self.is_replay() {
            self.record(step("1", "START", json!({}))).await?;
            tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
            let late = self.client.checkpoint(self.arn, &self.token, step("1", "SUCCEED", json!({}))).await?;
            std::fs::write(self.folder.join("late"), json!(late).to_string())?;
            return Ok(json!({ "Status": "SUCCEEDED", "Result": "\"late\"" }));
        }
        Ok(json!({ "Status": "SUCCEEDED", "Result": "\"in time\"" }))
    }

    /// Gives an error instead of an answer, once.
    async fn error(self) -> Outcome<Value> {
        let mark = self.folder.join("error");
        if mark.exists() {
            return Ok(json!({ "Status": "SUCCEEDED" }));
        }
        std::fs::write(mark, "")?;
        Err("not today".into())
    }

    /// Says what it was told to: to its service, and at last as an error.
    async fn says(mut self, what: Value) -> Outcome<Value> {
        if self.is_replay() {
            return Ok(json!({ "Status": "FAILED", "Error": { "ErrorType": "Said", "ErrorMessage": what } }));
        }
        self.record(step("1", "START", json!({}))).await?;
        self.record(step("1", "SUCCEED", json!({ "Payload": what.to_string() }))).await?;
        Err(what.to_string().into())
    }

    /// Records more than fits into an invocation, and reads all of it.
    async fn many(mut self) -> Outcome<Value> {
        const COUNT: usize = 8;
        if !self.is_replay() {
            let payload = "x".repeat(900_000);
            for number in 0..COUNT {
                let id = number.to_string();
                self.record(step(&id, "START", json!({}))).await?;
                self.record(step(&id, "SUCCEED", json!({ "Payload": payload }))).await?;
            }
            return Err("again, with all of it".into());
        }
        let (first, mut seen) = (self.operations.len(), self.operations.len());
        let mut next = self.next_marker.take();
        while let Some(marker) = next {
            let query = format!("CheckpointToken={}&MaxItems=2&Marker={marker}", encoded(&self.token));
            let page = self.client.state(self.arn, &query).await?;
            seen += page["Operations"].as_array().ok_or("no operations")?.len();
            next = page["NextMarker"].as_str().map(str::to_owned);
        }
        let result = json!({ "first": first, "all": seen }).to_string();
        Ok(json!({ "Status": "SUCCEEDED", "Result": result }))
    }
}

fn step(id: &str, action: &str, more: Value) -> Value {
    let mut update = json!({ "Id": id, "Type": "STEP", "SubType": "Step", "Name": "it", "Action": action });
    if let (Some(update), Some(more)) = (update.as_object_mut(), more.as_object()) {
        update.extend(more.clone());
    }
    json!([update])
}

fn encoded(token: &str) -> String {
    token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}
