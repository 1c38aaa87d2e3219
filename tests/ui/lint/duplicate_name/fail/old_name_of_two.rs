use durable::prelude::*;

async fn charge() {}

async fn refund() {}

async fn notify() {}

#[durable]
async fn place_order() {
    #[step]
    charge().await;
    #[step(was = "charge")]
    refund().await;
    #[step(was = "tell")]
    notify().await;
    #[step(name = "notify again", was = "tell")]
    notify().await;
}

fn main() {
    let _ = place_order();
}
