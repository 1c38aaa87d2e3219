//! `durable`: see the library's documentation.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    durable_cli::run().await
}
