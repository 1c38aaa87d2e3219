//! The function `asked` as a process, on our own runtime: it signs what it asks of its service.

use server_tests::asked::asked;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), durable_lambda::RunError> {
    durable_lambda::run(asked).await
}
