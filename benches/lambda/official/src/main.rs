//! Steps one after the other, on AWS's SDK for Rust.

use aws_durable_execution_sdk as durable;

async fn steps(count: u64, ctx: durable::DurableContext) -> Result<u64, durable::BoxError> {
    let mut total = 0;
    for number in 0..count {
        total = ctx.step(move |_| async move { Ok(total + number) }).name("add").await?;
    }
    Ok(total)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    durable::run(steps).await
}
