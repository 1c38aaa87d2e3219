//! A server on a store file, with a function of its own and one that is a process; it says where it listens.

use std::io::Write;
use std::time::Duration;

use durable::prelude::*;
use durable_server::{FunctionProcess, Server};

#[durable]
async fn naps(seconds: u64) -> u64 {
    sleep(durable::seconds(seconds)).await;
    seconds
}

#[durable]
async fn double(number: u64) -> u64 {
    #[step]
    let doubled = twice(number).await;
    doubled
}

/// A step, an answer from outside, and a step that knows both.
#[durable]
async fn order(number: u64) -> Result<String, CallbackError> {
    #[step]
    let doubled = twice(number).await;
    let answer = create_callback::<String>().await;
    let answer = answer.await_callback()?;
    #[step]
    let text = both(doubled, &answer).await;
    Ok(text)
}

async fn twice(number: u64) -> u64 {
    number * 2
}

async fn both(number: u64, answer: &str) -> String {
    format!("{number}: {answer}")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(store), Some(program)) = (arguments.next(), arguments.next()) else {
        return Err("which store, and which function process?".into());
    };
    let engine = Engine::open(store).register(naps).register(double).register(order).start().await?;
    let backoff = Duration::from_millis(20);
    let function = FunctionProcess::new("process", program).processes(2).backoff(backoff, backoff);
    let serving = Server::new(engine).bind(([127, 0, 0, 1], 0)).function(function).start().await?;
    writeln!(std::io::stdout(), "http://{}", serving.address())?;
    std::future::pending().await
}
