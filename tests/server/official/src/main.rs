//! A function on AWS's own SDK for Rust. Its input says what it does; `tests/server/src/asked.rs` does the same on ours.

use std::time::Duration;

use aws_durable_execution_sdk as durable;
use durable::{BoxError, DurableContext, RetryDecision, StepSemantics};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    durable::run(asked).await
}

async fn asked(what: String, ctx: DurableContext) -> Result<String, BoxError> {
    match what.as_str() {
        "step" => Ok(ctx.step(|_| async { Ok("stepped".to_owned()) }).name("work").await?),
        "wait" => {
            ctx.wait(SECOND).name("nap").await?;
            Ok("waited".to_owned())
        }
        "callback" => {
            let answer = ctx.create_callback::<String>().name("answer").await?;
            Ok(answer.result().await?)
        }
        "retry" => {
            let flaky = ctx.step(|step| async move {
                match step.attempt() {
                    1 => Err("not yet".into()),
                    attempt => Ok(format!("attempt {attempt}")),
                }
            });
            Ok(flaky.name("flaky").retry_strategy(|_, _| RetryDecision::Retry { delay: SECOND }).await?)
        }
        "fail" => Err("asked to fail".into()),
        "stop" => {
            ctx.wait(24 * 3600 * SECOND).name("night").await?;
            Ok("nobody stopped it".to_owned())
        }
        "crash" => {
            let crashes = ctx.step(|step| async move {
                if step.attempt() == 1 {
                    std::process::exit(7);
                }
                Ok("survived".to_owned())
            });
            let crashes = crashes.name("crashes").semantics(StepSemantics::AtMostOncePerRetry);
            Ok(crashes.retry_strategy(|_, _| RetryDecision::Retry { delay: SECOND }).await?)
        }
        other => Err(format!("nobody knows how to {other}").into()),
    }
}
