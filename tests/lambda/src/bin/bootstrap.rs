//! The process of a Lambda function that is one of the conformance handlers.

use std::process::ExitCode;

use durable_lambda_tests::fleet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    durable::run(fleet::functions()).await
}
