//! The durable functions that are measured: operations, and nothing between them.

use durable::prelude::*;
use tokio::sync::mpsc::UnboundedSender;

async fn work(number: u32) -> String {
    format!("{number:062}")
}

/// Steps that return 64 bytes of JSON.
#[durable]
pub async fn steps(count: u32) -> usize {
    let mut bytes = 0;
    for number in 0..count {
        #[step]
        let text = work(number).await;
        bytes += text.len();
    }
    bytes
}

/// Where callback ids are left.
#[derive(Clone)]
pub struct Desk(pub UnboundedSender<CallbackId>);

async fn leave(desk: &Desk, id: CallbackId) {
    _ = desk.0.send(id);
}

/// Steps, and then a wait: what a process that starts finds.
#[durable]
pub async fn suspended(count: u32, State(desk): State<Desk>) -> u32 {
    for number in 0..count {
        #[step]
        work(number).await;
    }
    let answer = wait_for_callback(async |id| leave(&desk, id).await).await_callback::<u32>();
    answer.unwrap_or(0)
}

/// Waits, each of them answered.
#[durable]
pub async fn waits(count: u32, State(desk): State<Desk>) -> u32 {
    let mut answers = 0;
    for _ in 0..count {
        let answer = wait_for_callback(async |id| leave(&desk, id).await).await_callback::<u32>();
        answers += answer.unwrap_or(0);
    }
    answers
}

/// A wait as long as a test may have one.
#[durable]
pub async fn year() -> u32 {
    sleep(days(365)).await;
    1
}
