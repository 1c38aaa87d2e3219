//! A program whose function panics for as long as there is a file: executions of it are parked then.

use std::path::PathBuf;

use durable::prelude::*;

fn folder() -> PathBuf {
    std::env::var_os("PARKING").map(PathBuf::from).unwrap_or_default()
}

#[durable]
async fn fragile() -> u32 {
    #[durable(allow(io, reason = "the code is to break, and be mended, between two runs"))]
    let broken = folder().join("broken").exists();
    assert!(!broken, "it is broken");
    7
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    durable::main(Engine::open(folder().join("orders.db")).register(fragile)).await
}
