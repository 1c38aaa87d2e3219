//! Which of the two came first is decided by this process, and by the next one again.

use durable::prelude::*;

#[durable]
async fn approve() -> bool {
    tokio::select! {
        _ = sleep(hours(2)) => false,
        _ = sleep(hours(1)) => true,
    }
}

fn main() {}
