//! Serves an engine over HTTP: AWS's own clients, SDKs and command line work against it.
//!
//! Three things are served. **The API of AWS Lambda durable functions**: invoke, checkpoint, state, get, history, list,
//! stop, pause, resume, delete, and callbacks. **The Lambda Runtime API**, for function processes that are written with
//! any of AWS's SDKs, which the service starts, drives and starts again. And under `/durable/v1/` a small API of our own
//! for what AWS has no call for, described by `/durable/v1/openapi.json`.
//!
//! ```no_run
//! use durable::prelude::*;
//! use durable_server::Server;
//!
//! #[durable]
//! async fn order(number: u32) -> u32 {
//!     number * 2
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::open("orders.db").register(order).start().await?;
//! let serving = Server::new(engine).bind(([127, 0, 0, 1], 9014)).start().await?;
//! println!("AWS_ENDPOINT_URL_LAMBDA=http://{}", serving.address());
//! # serving.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The service listens on loopback unless it is told otherwise, and on anything else only if clients have to authenticate
//! themselves.

mod api;
mod arn;
mod elsewhere;
mod error;
mod listen;
mod meant;
mod own;
mod page;
mod params;
mod remembered;
mod runtime;
mod security;
mod segment;
mod server;
mod service;
mod shown;
mod structure;

pub use arn::Arns;
pub use meant::{is_meant, meanings};
pub use runtime::FunctionProcess;
pub use security::AccessKey;
pub use server::{Serve, ServeError, Server, Serving};

/// The bodies of our own API under `/durable/v1/`, for clients in Rust.
pub mod body {
    pub use crate::own::{Callback, Callbacks, Execution, Executions, Function, Functions};
}
