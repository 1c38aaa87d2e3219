use durable::prelude::*;

#[durable(nmae = "order")]
async fn place_order() {
    #[step(retry(max_attempt = 3))]
    now();
    #[step = "later"]
    later();
}

fn now() {}

fn later() {}

#[step(serde = "json")]
fn reserve() {}

fn main() {
    let _ = place_order();
    let _ = reserve();
}
