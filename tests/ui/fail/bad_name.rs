use durable::prelude::*;

#[durable(name = "")]
async fn empty() {}

#[durable(version = "größer")]
async fn foreign() {
    #[step(name = 5)]
    now();
}

fn now() {}

fn main() {
    let _ = (empty(), foreign());
}
