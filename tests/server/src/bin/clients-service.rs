//! A service for the clients that others wrote, with one function on four SDKs; it says where it listens.
//!
//!     clients-service [OFFICIAL-FUNCTION PYTHON FOLDER-OF-ASKED.PY NODE FOLDER-OF-ASKED.MJS]

use std::io::Write;
use std::time::Duration;

use durable::prelude::*;
use durable_server::{FunctionProcess, Server};
use server_tests::asked::asked;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let backoff = Duration::from_millis(20);
    let process =
        |name: &str, program: &str| FunctionProcess::new(name, program).processes(2).backoff(backoff, backoff);
    let engine = Engine::in_memory().register(asked).start().await?;
    let mut server = Server::new(engine).bind(([127, 0, 0, 1], 0));
    if let [official, python, folder, node, modules] = arguments.as_slice() {
        let in_python =
            process("asked-python", python).argument("-m").argument("awslambdaric").argument("asked.handler");
        server = server.function(process("asked-rust", official)).function(in_python.directory(folder));
        let in_node = process("asked-node", node).argument("runtime.mjs").argument("./asked.mjs");
        server = server.function(in_node.directory(modules));
    }
    let serving = server.start().await?;
    writeln!(std::io::stdout(), "http://{}", serving.address())?;
    std::future::pending().await
}
