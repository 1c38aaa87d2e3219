//! A function whose input says what it does. `official/src/main.rs`, `clients/asked.py` and
//! `clients/node/asked.mjs` do the same on AWS's SDKs.

use durable::attempt;
use durable::prelude::*;

/// Does what it is asked to.
#[durable]
pub async fn asked(what: String) -> Result<String, String> {
    match what.as_str() {
        "step" => {
            #[step(name = "work")]
            let done = text("stepped").await;
            Ok(done)
        }
        "wait" => {
            sleep(seconds(1)).named("nap").await;
            Ok("waited".to_owned())
        }
        "callback" => {
            let answer = create_callback::<String>().await;
            answer.await_callback().map_err(|error| error.to_string())
        }
        "retry" => {
            #[step(name = "flaky", retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
            let done = flaky().await?;
            Ok(done)
        }
        "fail" => Err("asked to fail".to_owned()),
        "stop" => {
            sleep(days(1)).named("night").await;
            Ok("nobody stopped it".to_owned())
        }
        other => Err(format!("nobody knows how to {other}")),
    }
}

async fn text(text: &str) -> String {
    text.to_owned()
}

async fn flaky() -> Result<String, String> {
    match attempt() {
        1 => Err("not yet".to_owned()),
        attempt => Ok(format!("attempt {attempt}")),
    }
}
