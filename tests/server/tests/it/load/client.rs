//! Requests that are sent again if the service was killed meanwhile.

use std::sync::Arc;
use std::time::Instant;

use reqwest::RequestBuilder;
use serde_json::Value;
use tokio::sync::watch;

use super::figures::Figures;

/// Where the service is, if there is one: it is told before it is killed.
type Place = Option<String>;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) arn: Option<String>,
    pub(super) body: Value,
    /// Whether the request had been sent before, to a service that was killed.
    pub(super) again: bool,
}

#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    place: watch::Receiver<Place>,
    figures: Arc<Figures>,
}

impl Client {
    pub(super) fn new(place: watch::Receiver<Place>, figures: Arc<Figures>) -> Self {
        Self { http: reqwest::Client::new(), place, figures }
    }

    pub(super) async fn get(&self, what: &'static str, path: &str) -> Answer {
        self.ask(what, |endpoint| self.http.get(format!("{endpoint}{path}"))).await
    }

    pub(super) async fn post(&self, what: &'static str, path: &str, body: &str) -> Answer {
        self.ask(what, |endpoint| self.http.post(format!("{endpoint}{path}")).body(body.to_owned())).await
    }

    /// Starts an execution of this name, or finds it.
    pub(super) async fn start(&self, function: &str, kind: &'static str, name: &str, input: u64) -> Answer {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        self.ask(kind, |endpoint| {
            let request = self.http.post(format!("{endpoint}{path}")).body(input.to_string());
            request.header("x-amz-invocation-type", kind).header("x-amz-durable-execution-name", name)
        })
        .await
    }

    async fn ask(&self, what: &'static str, request: impl Fn(&str) -> RequestBuilder) -> Answer {
        let mut again = false;
        loop {
            let mut place = self.place.clone();
            let endpoint = place.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            let began = Instant::now();
            match answer(request(&endpoint)).await {
                Ok(answer) => {
                    if !again {
                        self.figures.note(what, began.elapsed());
                    }
                    return Answer { again, ..answer };
                }
                // Nothing but the end of the service is a reason for no answer.
                Err(error) => assert_ne!(*self.place.borrow(), Some(endpoint), "{what}: {error:?}"),
            }
            again = true;
        }
    }
}

async fn answer(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let arn = response.headers().get("x-amz-durable-execution-arn").map(|arn| arn.to_str().unwrap().to_owned());
    let text = response.text().await?;
    Ok(Answer { status, arn, body: serde_json::from_str(&text).unwrap_or_default(), again: false })
}
