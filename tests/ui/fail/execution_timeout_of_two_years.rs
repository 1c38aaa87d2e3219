use durable::prelude::*;

#[durable(execution_timeout = "730d")]
async fn subscription() -> u32 {
    sleep(days(1)).await;
    1
}

fn main() {
    drop(subscription());
}
