//! Operations have combinators of their own, and the body of a step may use any other.

use std::time::Duration;

use durable::prelude::*;

async fn ask(server: u32) -> u32 {
    server
}

#[step]
async fn ask_both() -> u32 {
    let (left, right) = tokio::join!(ask(1), ask(2));
    left + right
}

#[durable]
async fn quote(limit: u64) -> u32 {
    #[step]
    let answered = async { tokio::time::timeout(Duration::from_secs(limit), ask(3)).await.unwrap_or_default() }.await;
    let names = ["a", "b"].join("!");
    let (both, again) = join((ask_both(), async { answered + names.len() as u32 })).await;
    both + again
}
