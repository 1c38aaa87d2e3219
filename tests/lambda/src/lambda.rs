//! Functions by name, each with as many processes as it has invocations at once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::environment::{Answer, Environment, Failed};

/// How the process of a function is started, by the function's name.
pub type Program = Box<dyn Fn(&str) -> Command + Send + Sync>;

/// A stand-in for Lambda.
#[derive(Clone)]
pub struct Lambda {
    inner: Arc<Inner>,
}

struct Inner {
    program: Program,
    timeout: Duration,
    latency: Duration,
    idle: Mutex<HashMap<String, Vec<Environment>>>,
    invocations: AtomicU64,
}

impl Lambda {
    /// Functions that are started like this, whose invocations may take so long.
    pub fn new(program: Program, timeout: Duration) -> Self {
        Self::slow(program, timeout, Duration::ZERO)
    }

    /// The same, where each invocation takes some time to reach its function.
    pub fn slow(program: Program, timeout: Duration, latency: Duration) -> Self {
        let (idle, invocations) = (Mutex::default(), AtomicU64::new(0));
        Self { inner: Arc::new(Inner { program, timeout, latency, idle, invocations }) }
    }

    /// Has a function do an invocation, in a process that has nothing else to do.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Answer, Failed> {
        tokio::time::sleep(self.inner.latency).await;
        let environment = match self.idle(function) {
            Some(environment) => environment,
            None => self.start(function).await?,
        };
        let number = self.inner.invocations.fetch_add(1, Ordering::Relaxed);
        let answer = environment.invoke(format!("{function}-{number}"), payload, self.inner.timeout).await;
        if environment.is_alive() {
            let mut idle = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.entry(function.to_owned()).or_default().push(environment);
        }
        Ok(answer)
    }

    /// Ends all processes that have nothing to do, so that the next invocations start cold.
    pub fn rest(&self) {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How many invocations there were.
    pub fn invocations(&self) -> u64 {
        self.inner.invocations.load(Ordering::Relaxed)
    }

    fn idle(&self, function: &str) -> Option<Environment> {
        let mut idle = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let environments = idle.get_mut(function)?;
        environments.retain(Environment::is_alive);
        environments.pop()
    }

    async fn start(&self, function: &str) -> Result<Environment, Failed> {
        let mut command = (self.inner.program)(function);
        command
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        let arn = format!("arn:aws:lambda:us-west-2:123456789012:function:{function}");
        Environment::start(command, arn).await
    }

    /// Answers calls of `Invoke` over HTTP, at this address, for as long as the future is polled.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let router = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(self);
        axum::serve(listener, router).await
    }

    /// The same in a task of its own; returns the address.
    pub async fn listen(self) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(self.serve(listener));
        Ok(address)
    }
}

/// The function in a name, a partial or a full ARN, with or without a qualifier.
fn function_of(name: &str) -> &str {
    let name = name.rsplit_once(":function:").map_or(name, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

async fn invoke(State(lambda): State<Lambda>, Path(name): Path<String>, payload: Bytes) -> Response {
    match lambda.invoke(function_of(&name), payload).await {
        Ok(Ok(answer)) => answer.into_response(),
        Ok(Err(error)) => {
            let unhandled = [(HeaderName::from_static("x-amz-function-error"), "Unhandled")];
            (unhandled, axum::Json(error)).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
