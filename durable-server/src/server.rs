//! The service: how it is set up, starts and ends.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use durable_core::engine::{Engine, EngineError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::arn::Arns;
use crate::elsewhere::Elsewhere;
use crate::error::ApiError;
use crate::listen::{Limits, listen};
use crate::remembered::Remembered;
use crate::runtime::{FunctionProcess, Surroundings};
use crate::security::{AccessKey, Guard, Hosts, Token, guard};
use crate::service::Service;
use crate::{api, own};

/// The most bytes of a request: AWS's limit on a payload, and room for what is around it.
const MOST_BYTES: usize = 7 * 1024 * 1024;
/// The most requests at once.
const MOST_REQUESTS: usize = 4_096;
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(30);
/// How long a caller waits at most for the end of an execution.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// A service that is not started yet: `Server::new(engine).bind(address).start().await?`.
#[must_use = "a server does nothing before `.start().await`"]
#[derive(Debug)]
pub struct Server {
    engine: Engine,
    address: SocketAddr,
    hosts: Vec<String>,
    tokens: Vec<String>,
    keys: Vec<AccessKey>,
    functions: Vec<FunctionProcess>,
    sam: bool,
    arns: Arns,
    most_bytes: usize,
    most_requests: usize,
    arrival: Duration,
    longest_wait: Duration,
}

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Everybody could reach the service, and nobody would have to say who they are.
    #[error(
        "{0} can be reached from other machines, and no client has to authenticate itself\nhelp: listen on 127.0.0.1, or demand `.bearer_token(…)` or `.access_key(…)`"
    )]
    PublicWithoutAuthentication(SocketAddr),
    /// A token that can be guessed.
    #[error("a bearer token has {0} characters\nhelp: take at least 16, at random")]
    ShortToken(usize),
    /// The address can't be listened on.
    #[error("{address} can't be listened on: {source}\nhelp: choose another port, or 0 for any that is free")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What was given is no address.
    #[error("that is no address to listen on\nhelp: write it like `127.0.0.1:9014`")]
    NoAddress,
    /// A function process has no name that a function can have.
    #[error("{0:?} can't name a function: use letters, digits, `-` and `_`")]
    InvalidFunction(String),
    /// The engine does not take a function.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Randomness(#[source] getrandom::Error),
}

impl Server {
    /// A service for the executions of this engine, on port 9014 of loopback.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            address: SocketAddr::from(([127, 0, 0, 1], 9014)),
            hosts: Vec::new(),
            tokens: Vec::new(),
            keys: Vec::new(),
            functions: Vec::new(),
            sam: false,
            arns: Arns::default(),
            most_bytes: MOST_BYTES,
            most_requests: MOST_REQUESTS,
            arrival: ARRIVAL,
            longest_wait: LONGEST_WAIT,
        }
    }

    /// Where to listen; port 0 is any that is free. Other addresses than loopback need clients that authenticate
    /// themselves.
    pub fn bind(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// A host name under which clients may ask, besides loopback's and the address itself.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Lets in only who shows this token, or another way to authenticate that is set up.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(token.into());
        self
    }

    /// Lets in only who signs requests with this key as AWS's clients do (SigV4), or another way to authenticate that is
    /// set up.
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.keys.push(key);
        self
    }

    /// A function whose code is a process of its own, which the service starts and looks after.
    pub fn function(mut self, function: FunctionProcess) -> Self {
        self.functions.push(function);
        self
    }

    /// Whether a start by the SAM CLI may bring its function along, by saying where on this machine its code answers AWS's
    /// Invoke API (`LambdaEndpoint`); not if not said. Whoever may start executions can then have the service send requests
    /// to any port of loopback.
    pub fn sam_endpoints(mut self, allowed: bool) -> Self {
        self.sam = allowed;
        self
    }

    /// The region and the account that ARNs name; `us-west-2` and `123456789012` if not said.
    pub fn named(mut self, region: impl Into<String>, account: impl Into<String>) -> Self {
        self.arns = Arns { region: region.into(), account: account.into() };
        self
    }

    /// The most bytes of a request; 7 MiB if not said.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// The most requests at once, and twice as many connections; 4,096 if not said.
    pub fn max_requests(mut self, count: usize) -> Self {
        self.most_requests = count;
        self
    }

    /// How long a request may take to arrive; 30 seconds if not said.
    pub fn arrival_timeout(mut self, timeout: Duration) -> Self {
        self.arrival = timeout;
        self
    }

    /// How long a synchronous invocation waits for the end of its execution, which goes on if it takes longer; 15
    /// minutes if not said.
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Begins to listen, and starts the function processes.
    pub async fn start(self) -> Result<Serving, ServeError> {
        let open = self.tokens.is_empty() && self.keys.is_empty();
        if open && !self.address.ip().is_loopback() {
            return Err(ServeError::PublicWithoutAuthentication(self.address));
        }
        if let Some(short) = self.tokens.iter().map(|token| token.chars().count()).find(|count| *count < 16) {
            return Err(ServeError::ShortToken(short));
        }
        let listener = TcpListener::bind(self.address).await;
        let at = |source| ServeError::Address { address: self.address, source };
        let listener = listener.map_err(at)?;
        let address = listener.local_addr().map_err(at)?;
        let own_key = AccessKey::generate().map_err(ServeError::Randomness)?;
        let (stop, stopped) = watch::channel(false);
        let arns = self.arns;
        let mut tasks = JoinSet::new();
        let surroundings = Surroundings {
            endpoint: endpoint(address),
            key: own_key.clone(),
            arns: arns.clone(),
            stop: stopped.clone(),
        };
        for function in self.functions {
            function.begin(&self.engine, &surroundings, &mut tasks).await?;
        }
        let service = Arc::new(Service {
            engine: self.engine.clone(),
            elsewhere: self.sam.then(|| Elsewhere::new(arns.clone())),
            arns,
            longest_wait: self.longest_wait,
            remembered: Remembered::default(),
            is_closed: !open,
        });
        let guarded = Arc::new(Guard {
            hosts: Hosts::new(self.hosts, address.ip()),
            tokens: self.tokens.iter().map(|token| Token::new(token)).collect(),
            keys: self.keys,
            own_key,
            most_bytes: self.most_bytes,
            arrival: self.arrival,
            room: Arc::new(Semaphore::new(self.most_requests)),
        });
        // Those that idle leave room for those that ask.
        let connections = self.most_requests.saturating_mul(2);
        let limits = Limits { connections, arrival: self.arrival };
        tasks.spawn(listen(listener, router(service, guarded), limits, stopped));
        Ok(Serving { engine: self.engine, address, stop, tasks })
    }
}

fn router(service: Arc<Service>, guarded: Arc<Guard>) -> Router {
    api::router()
        .merge(own::router())
        .fallback(|| async { ApiError::unknown_operation() })
        .method_not_allowed_fallback(|| async { ApiError::unknown_operation() })
        .with_state(service)
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(from_fn_with_state(guarded, guard))
}

/// Where processes on this machine reach the service.
fn endpoint(address: SocketAddr) -> String {
    let port = address.port();
    match address {
        _ if address.ip().is_unspecified() => format!("http://127.0.0.1:{port}"),
        SocketAddr::V4(_) | SocketAddr::V6(_) => format!("http://{address}"),
    }
}

/// A service that is listening. It ends when this is dropped; [`Serving::shutdown`] waits for what is going on.
#[derive(Debug)]
#[must_use = "the service ends when this is dropped"]
pub struct Serving {
    engine: Engine,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Ends the service: requests that have arrived are answered, function processes end, and then this returns. The
    /// engine goes on until it is shut down itself.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// An engine that can be served: `engine.serve("127.0.0.1:9014").await?`.
///
/// ```no_run
/// use durable::prelude::*;
/// use durable_server::Serve;
///
/// #[durable]
/// async fn place_order(cups: u32) -> u32 {
///     cups
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::open("orders.db").register(place_order).start().await?;
/// let serving = engine.serve("127.0.0.1:9014").await?;
/// println!("AWS_ENDPOINT_URL_LAMBDA=http://{}", serving.address());
/// durable::shutdown_signal().await?;
/// serving.shutdown().await;
/// engine.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub trait Serve {
    /// Serves the engine on this address, the first one if a name has several, for as long as what is returned lives. [`Server`] says more than where.
    ///
    /// **Errors:** as [`Server::start`] has them, and [`ServeError::NoAddress`].
    fn serve(&self, address: impl ToSocketAddrs + Send) -> impl Future<Output = Result<Serving, ServeError>> + Send;
}

impl Serve for Engine {
    async fn serve(&self, address: impl ToSocketAddrs + Send) -> Result<Serving, ServeError> {
        let address = address.to_socket_addrs().map(|mut addresses| addresses.next());
        let address = address.ok().flatten().ok_or(ServeError::NoAddress)?;
        Server::new(self.clone()).bind(address).start().await
    }
}
