//! A network and a service with faults, between a function and its service.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use durable::model::{Entropy, SeededEntropy};
use tokio::net::TcpListener;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing: it is passed on, and so is the answer.
    None,
    /// It never arrives.
    Lost,
    /// It arrives, and the answer is lost.
    AnswerLost,
    /// It takes its time.
    Late,
    /// It arrives twice.
    Twice,
    /// The service says that it is out of order, and does nothing.
    Unavailable,
    /// The service says that it has too much to do, and does nothing.
    Throttled,
    /// The service does it, and says that it is out of order.
    DoneAndUnavailable,
}

const FAULTS: [Fault; 7] = [
    Fault::Lost,
    Fault::AnswerLost,
    Fault::Late,
    Fault::Twice,
    Fault::Unavailable,
    Fault::Throttled,
    Fault::DoneAndUnavailable,
];

/// A proxy that treats calls as its seed says.
#[derive(Clone)]
pub struct Faults {
    inner: Arc<Inner>,
}

struct Inner {
    service: SocketAddr,
    client: reqwest::Client,
    chance: SeededEntropy,
    /// How many of a hundred calls have a fault.
    percent: f64,
    seen: Mutex<Vec<Fault>>,
    calls: AtomicU64,
    /// How many calls are under way, and were at the most.
    under_way: AtomicU64,
    at_once: AtomicU64,
}

impl Faults {
    /// Before the service at this address, so many of a hundred calls have a fault.
    pub fn new(service: SocketAddr, seed: u64, percent: f64) -> Self {
        let (client, chance) = (reqwest::Client::new(), SeededEntropy::new(seed));
        let [calls, under_way, at_once] = [const { AtomicU64::new(0) }; 3];
        let inner = Inner { service, client, chance, percent, seen: Mutex::default(), calls, under_way, at_once };
        Self { inner: Arc::new(inner) }
    }

    /// Listens in a task of its own; returns the address.
    pub async fn listen(&self) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router =
            Router::new().fallback(pass).layer(axum::extract::DefaultBodyLimit::disable()).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }

    /// Which faults there were.
    pub fn seen(&self) -> Vec<Fault> {
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.inner.calls.load(Ordering::Relaxed)
    }

    /// How many calls were under way at once, at the most.
    pub fn at_once(&self) -> u64 {
        self.inner.at_once.load(Ordering::Relaxed)
    }

    fn draw(&self) -> Fault {
        self.inner.calls.fetch_add(1, Ordering::Relaxed);
        if self.inner.chance.chance() * 100.0 >= self.inner.percent {
            return Fault::None;
        }
        // A float cast truncates.
        let index = (self.inner.chance.chance() * FAULTS.len() as f64) as usize;
        let fault = FAULTS.get(index).copied().unwrap_or(Fault::Lost);
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
        fault
    }

    async fn forward(&self, call: &Call) -> Response {
        let Call { method, uri, headers, body } = call;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("http://{}{path}", self.inner.service);
        let mut headers = headers.clone();
        headers.remove("host");
        let sent = self.inner.client.request(method.clone(), url).headers(headers).body(body.clone()).send().await;
        let Ok(answer) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("transfer-encoding");
        match answer.bytes().await {
            Ok(body) => (status, headers, body).into_response(),
            Err(_) => StatusCode::BAD_GATEWAY.into_response(),
        }
    }
}

struct Call {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

async fn pass(State(faults): State<Faults>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return lost() };
    let call = Call { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    let under_way = faults.inner.under_way.fetch_add(1, Ordering::Relaxed) + 1;
    faults.inner.at_once.fetch_max(under_way, Ordering::Relaxed);
    let answer = treat(&faults, &call).await;
    faults.inner.under_way.fetch_sub(1, Ordering::Relaxed);
    answer
}

async fn treat(faults: &Faults, call: &Call) -> Response {
    match faults.draw() {
        Fault::None => faults.forward(call).await,
        Fault::Lost => lost(),
        Fault::AnswerLost => {
            faults.forward(call).await;
            lost()
        }
        Fault::Late => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            faults.forward(call).await
        }
        Fault::Twice => {
            faults.forward(call).await;
            faults.forward(call).await
        }
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::Throttled => {
            let error = [("x-amzn-errortype", "TooManyRequestsException")];
            (StatusCode::TOO_MANY_REQUESTS, error, r#"{"message":"too many"}"#).into_response()
        }
        Fault::DoneAndUnavailable => {
            faults.forward(call).await;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A service that refuses whatever it is asked, with this status and type of error; returns its address.
pub async fn refusing(status: StatusCode, error_type: &'static str) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let answer = move || async move { (status, [("x-amzn-errortype", error_type)], r#"{"message":"refused"}"#) };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    Ok(address)
}

/// An answer that breaks off.
fn lost() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("the line went dead")) });
    Body::from_stream(broken).into_response()
}
