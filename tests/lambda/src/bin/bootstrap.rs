//! The process of a Lambda function that is one of the conformance handlers.

use durable_lambda::{Lambda, RunError};
use durable_lambda_tests::fleet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    Lambda::new(fleet::functions()).run().await
}
