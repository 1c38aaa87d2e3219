//! A step may start what it likes, as long as it waits for it.

use durable::prelude::*;

fn work() -> u32 {
    1
}

mod process {
    /// Nothing but a name that sounds like another one.
    pub(super) fn spawn(count: u32) -> u32 {
        count
    }
}

#[step]
async fn in_a_thread() -> u32 {
    std::thread::spawn(work).join().unwrap_or_default()
}

#[durable]
async fn compute(count: u32) -> u32 {
    #[step]
    let first = async { tokio::task::spawn_blocking(work).await.unwrap_or_default() }.await;
    let (second, third) = join((in_a_thread(), async { process::spawn(count) })).await;
    first + second + third
}
