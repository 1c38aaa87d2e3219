//! Our own service, with functions in processes that `durable-lambda` drives.

use std::net::SocketAddr;
use std::path::Path;

use durable::{Engine, EngineBuilder};
use durable_server::{FunctionProcess, ServeError, Server, Serving};

use crate::fleet;

/// The process of a Lambda function that is one of the conformance handlers, which records at `records_at`.
pub fn function(bootstrap: &Path, function: &str, folder: &Path, records_at: SocketAddr) -> FunctionProcess {
    let process = FunctionProcess::new(function, bootstrap).handler(fleet::handler_of(function));
    let folder = fleet::folder_of(folder, function);
    // If this fails, so does the function that wants to write there.
    let _ = std::fs::create_dir_all(&folder);
    let variables = fleet::variables(folder, &format!("http://{records_at}"));
    variables.into_iter().fold(process, |process, (name, value)| process.variable(name, value))
}

/// A free port of loopback.
pub fn free_port() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

/// An engine of its own that serves these functions at an address.
pub async fn serve(
    engine: EngineBuilder,
    address: SocketAddr,
    functions: impl IntoIterator<Item = FunctionProcess>,
) -> anyhow::Result<(Engine, Serving)> {
    let engine = engine.start().await?;
    let server = Server::new(engine.clone()).bind(address);
    let server = functions.into_iter().fold(server, Server::function);
    let serving = server.start().await.map_err(|error: ServeError| anyhow::anyhow!("{error}"))?;
    Ok((engine, serving))
}
