//! A function process that speaks the Runtime API by hand, and not as it should: `runtime-process broken`, or `confused`.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use server_tests::client::Outcome;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let api = format!("http://{}/2018-06-01/runtime", std::env::var("AWS_LAMBDA_RUNTIME_API")?);
    let http = Client::new();
    match std::env::args().nth(1).as_deref() {
        Some("broken") => broken(&http, &api).await,
        _ => confused(&http, &api).await,
    }
}

/// Says that it can't start, and ends.
async fn broken(http: &Client, api: &str) -> Outcome<()> {
    let error = json!({ "errorType": "Config.Missing", "errorMessage": "no database", "stackTrace": ["main", "open"] });
    http.post(format!("{api}/init/error")).json(&error).send().await?.error_for_status()?;
    Err("it can't start".into())
}

/// Answers for others before it answers for itself; its result is what came of that.
async fn confused(http: &Client, api: &str) -> Outcome<()> {
    loop {
        let next = http.get(format!("{api}/invocation/next")).send().await?;
        let id = next.headers().get("lambda-runtime-aws-request-id").ok_or("no id")?.to_str()?.to_owned();
        let done = json!({ "Status": "SUCCEEDED", "Result": "\"another's\"" });
        let mut refused = Vec::new();
        for (other, end) in [("another", "response"), ("another", "error"), ("%ff", "response")] {
            let answer = http.post(format!("{api}/invocation/{other}/{end}")).json(&done).send().await?;
            let status = answer.status();
            let kind = answer.json::<Value>().await?["errorType"].clone();
            refused.push(json!([status.as_u16(), kind]));
        }
        let own = json!({ "Status": "SUCCEEDED", "Result": json!(refused).to_string() });
        let url = format!("{api}/invocation/{id}/response");
        assert_eq!(http.post(&url).json(&own).send().await?.status(), StatusCode::ACCEPTED);
        // Nobody waits for it any more.
        assert_eq!(http.post(&url).json(&own).send().await?.status(), StatusCode::BAD_REQUEST);
    }
}
