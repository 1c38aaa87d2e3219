//! A step is recorded as a whole: nothing inside of it survives, and it can't suspend.

use durable::prelude::*;

#[durable]
async fn wait_and_ask() -> u32 {
    #[step]
    let answer = async {
        sleep(hours(1)).await;
        42_u32
    }
    .await;
    answer
}

fn main() {}
