//! One process of a function, and the Runtime API that it asks for work.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};

/// What a function answers to an invocation.
pub type Answer = Result<Bytes, FunctionError>;

/// An invocation that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionError {
    /// The name of the error's type.
    pub error_type: String,
    /// What it says.
    #[serde(default)]
    pub error_message: String,
}

impl FunctionError {
    fn new(error_type: &str, error_message: impl Into<String>) -> Self {
        Self { error_type: error_type.to_owned(), error_message: error_message.into() }
    }
}

/// Why an invocation came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The process could not be started.
    #[error("the process of a function could not be started: {0}")]
    Start(#[from] std::io::Error),
}

/// One process, which does one invocation after the other.
pub(crate) struct Environment {
    work: mpsc::UnboundedSender<Work>,
    desk: Arc<Desk>,
    process: tokio::task::JoinHandle<()>,
}

struct Work {
    id: String,
    payload: Bytes,
    deadline: SystemTime,
}

/// Where the process gets its work and brings its answers.
struct Desk {
    work: tokio::sync::Mutex<mpsc::UnboundedReceiver<Work>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    arn: String,
}

impl Desk {
    fn answer(&self, id: &str, answer: Answer) -> StatusCode {
        match self.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(id) {
            Some(waiting) => {
                // Nobody waits any more for an invocation whose time was over.
                let _ = waiting.send(answer);
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }

    /// All that were not answered never will be.
    fn fail_all(&self, error: &FunctionError) {
        let waiting = std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, answer) in waiting {
            let _ = answer.send(Err(error.clone()));
        }
    }
}

impl Environment {
    /// Starts the process, with the address of its Runtime API.
    pub(crate) async fn start(mut command: Command, arn: String) -> Result<Self, Failed> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk { work: tokio::sync::Mutex::new(receiver), answers: Mutex::new(HashMap::new()), arn });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string());
        command.stdin(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (router, watched) = (router(Arc::clone(&desk)), Arc::clone(&desk));
        let process = tokio::spawn(async move {
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                exit = child.wait() => {
                    let exit = exit.map_or_else(|error| error.to_string(), |status| status.to_string());
                    watched.fail_all(&FunctionError::new("Runtime.ExitError", format!("Runtime exited: {exit}")));
                }
            }
        });
        Ok(Self { work: sender, desk, process })
    }

    /// Whether the process can do another invocation.
    pub(crate) fn is_alive(&self) -> bool {
        !self.process.is_finished()
    }

    /// Has the process do an invocation, which may take so much time.
    pub(crate) async fn invoke(&self, id: String, payload: Bytes, timeout: Duration) -> Answer {
        let (sender, answer) = oneshot::channel();
        self.desk.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), sender);
        let gone = || FunctionError::new("Runtime.ExitError", "the runtime is gone");
        let deadline = SystemTime::now() + timeout;
        if !self.is_alive() || self.work.send(Work { id, payload, deadline }).is_err() {
            return Err(gone());
        }
        match tokio::time::timeout(timeout, answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(gone())),
            Err(_) => {
                self.kill();
                Err(FunctionError::new("Sandbox.Timedout", format!("Task timed out after {timeout:?}")))
            }
        }
    }

    /// Ends the process at once.
    pub(crate) fn kill(&self) {
        // The task owns the process, which dies with it.
        self.process.abort();
        self.desk.fail_all(&FunctionError::new("Runtime.ExitError", "the process was killed"));
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.kill();
    }
}

fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(respond))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(fail))
        .route("/2018-06-01/runtime/init/error", post(fail_to_start))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(desk)
}

async fn next(State(desk): State<Arc<Desk>>) -> impl IntoResponse {
    let work = desk.work.lock().await.recv().await;
    let Some(Work { id, payload, deadline }) = work else { return Err(StatusCode::GONE) };
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis().to_string();
    let headers = [
        (HeaderName::from_static("lambda-runtime-aws-request-id"), id),
        (HeaderName::from_static("lambda-runtime-deadline-ms"), deadline),
        (HeaderName::from_static("lambda-runtime-invoked-function-arn"), desk.arn.clone()),
    ];
    Ok((headers, payload))
}

async fn respond(State(desk): State<Arc<Desk>>, Path(id): Path<String>, answer: Bytes) -> StatusCode {
    desk.answer(&id, Ok(answer))
}

fn error_in(body: &[u8]) -> FunctionError {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| FunctionError::new("Unhandled", String::from_utf8_lossy(body).into_owned()))
}

async fn fail(State(desk): State<Arc<Desk>>, Path(id): Path<String>, error: Bytes) -> StatusCode {
    desk.answer(&id, Err(error_in(&error)))
}

async fn fail_to_start(State(desk): State<Arc<Desk>>, error: Bytes) -> StatusCode {
    desk.fail_all(&error_in(&error));
    StatusCode::ACCEPTED
}
