//! Functions whose code answers AWS's Invoke API somewhere on this machine: the SAM CLI starts a container with a function
//! in it, and says with each start where that is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, Uri};
use durable_core::engine::Engine;
use durable_core::engine::remote::{InvocationEnd, InvocationFuture, Remote, RemoteFunction, RemoteInvocation};
use durable_core::model::ErrorObject;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::arn::{Arns, FunctionRef};
use crate::error::ApiError;
use crate::runtime::payload;

/// The most functions that starts may bring along.
const MOST: usize = 1_000;

/// The functions that starts have brought along.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    arns: Arns,
    known: tokio::sync::Mutex<BTreeMap<FunctionRef, Arc<Code>>>,
}

/// Where an endpoint is, which is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    /// As it was written: what a request names as its host.
    host: String,
    addresses: Vec<SocketAddr>,
}

/// The code of one function.
#[derive(Debug)]
struct Code {
    arns: Arns,
    endpoint: Mutex<Endpoint>,
    /// A container works on one invocation at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Executions are driven on threads without I/O.
    runtime: Handle,
}

impl Elsewhere {
    pub(crate) fn new(arns: Arns) -> Self {
        Self { arns, known: tokio::sync::Mutex::default() }
    }

    /// Has the function's code asked at this endpoint from now on, unless it is known where its code is.
    pub(crate) async fn bring(&self, engine: &Engine, function: &FunctionRef, url: &str) -> Result<(), ApiError> {
        let endpoint = Endpoint::read(url).ok_or_else(|| {
            ApiError::invalid_parameter("the LambdaEndpoint has to be on this machine: http://localhost:PORT")
        })?;
        let FunctionRef { name, version } = function;
        let mut known = self.known.lock().await;
        let count = known.len();
        let was_brought = known.keys().any(|known| known.name == *name);
        match known.entry(function.clone()) {
            Entry::Occupied(code) => *code.get().endpoint.lock().unwrap_or_else(PoisonError::into_inner) = endpoint,
            Entry::Vacant(_) if !was_brought && engine.functions().iter().any(|known| known.name == *name) => {}
            Entry::Vacant(_) if count >= MOST => {
                return Err(ApiError::invalid_parameter(format!("starts have brought {MOST} functions along")));
            }
            Entry::Vacant(place) => {
                let code = Arc::new(Code {
                    arns: self.arns.clone(),
                    endpoint: Mutex::new(endpoint),
                    turn: Arc::default(),
                    runtime: Handle::current(),
                });
                let remote = RemoteFunction::new(name, Arc::clone(&code) as _);
                let mut remote = remote.map_err(|error| ApiError::invalid_parameter(error.to_string()))?;
                if let Some(version) = version {
                    remote = remote.with_version(version);
                }
                engine.register_remote(remote).await?;
                place.insert(code);
            }
        }
        Ok(())
    }
}

impl Endpoint {
    /// Reads `http://localhost:9001`; nothing if it is not on this machine.
    fn read(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        if uri.scheme_str() != Some("http") || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return None;
        }
        let loopback: Vec<IpAddr> = match authority.host().trim_start_matches('[').trim_end_matches(']') {
            // Whatever the system says that this name means.
            "localhost" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            address => vec![address.parse().ok().filter(IpAddr::is_loopback)?],
        };
        let port = authority.port_u16().unwrap_or(80);
        let addresses = loopback.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        Some(Self { host: authority.to_string(), addresses })
    }
}

impl Remote for Code {
    fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture {
        let endpoint = self.endpoint.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (arns, turn) = (self.arns.clone(), Arc::clone(&self.turn));
        let (mut sender, end) = oneshot::channel();
        self.runtime.spawn(async move {
            let asked = async {
                let _turn = turn.lock().await;
                ask(&endpoint, &arns, &invocation).await
            };
            tokio::select! {
                end = asked => drop(sender.send(end.unwrap_or_else(|reason| unavailable(&reason)))),
                // Nobody is interested in it any more.
                () = sender.closed() => {}
            }
        });
        Box::pin(async { end.await.unwrap_or_else(|_| unavailable("the service has ended")) })
    }
}

fn unavailable(reason: &str) -> InvocationEnd {
    InvocationEnd::Crashed(ErrorObject::new("Runtime.Unavailable", reason))
}

/// One invocation, on a connection of its own; or why nothing came of it.
async fn ask(endpoint: &Endpoint, arns: &Arns, invocation: &RemoteInvocation) -> Result<InvocationEnd, String> {
    let unreachable = |error: &dyn std::fmt::Display| format!("the function's endpoint can't be reached: {error}");
    let request = request(endpoint, arns, invocation).map_err(|error| error.to_string())?;
    let stream = TcpStream::connect(endpoint.addresses.as_slice()).await.map_err(|error| unreachable(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| unreachable(&error))?;
        let (parts, body) = response.into_parts();
        let body = to_bytes(Body::new(body), payload::MOST_ANSWERED).await.map_err(|error| unreachable(&error))?;
        if !parts.status.is_success() {
            return Err(format!("the function's endpoint answers {}", parts.status));
        }
        Ok(payload::answer(&body, parts.headers.contains_key("x-amz-function-error")))
    };
    // The connection moves the bytes of the answer, and ends with it.
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}

fn request(
    endpoint: &Endpoint,
    arns: &Arns,
    invocation: &RemoteInvocation,
) -> Result<Request<Body>, Box<dyn std::error::Error + Send + Sync>> {
    let path = format!("/2015-03-31/functions/{}/invocations", invocation.function);
    let mut request = Request::post(path).body(Body::from(payload::event(arns, invocation)?))?;
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_str(&endpoint.host)?);
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-amz-invocation-type", HeaderValue::from_static("RequestResponse"));
    if let Some(tenant) = &invocation.tenant {
        headers.insert("x-amz-tenant-id", HeaderValue::from_str(tenant)?);
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_only_this_machine_is_an_endpoint() {
        for url in ["http://localhost:9001", "http://127.0.0.1:1/", "http://[::1]:9001", "http://127.0.0.9"] {
            let endpoint = Endpoint::read(url).unwrap_or_else(|| panic!("{url}"));
            assert!(endpoint.addresses.iter().all(|address| address.ip().is_loopback()), "{endpoint:?}");
        }
        for url in [
            "",
            "localhost:9001",
            "https://localhost:9001",
            "http://host.docker.internal:9001",
            "http://localhost.evil.example:9001",
            "http://127.0.0.1.nip.io",
            "http://a@localhost:9001",
            "http://localhost@evil.example",
            "http://10.0.0.1:9001",
            "http://169.254.169.254",
            "http://0.0.0.0:9001",
            "http://localhost:9001/elsewhere",
            "http://localhost:9001?a=b",
        ] {
            assert_eq!(Endpoint::read(url), None, "{url}");
        }
    }
}
