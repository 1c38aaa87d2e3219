use durable::prelude::*;

#[durable(version = "plan-0123456789abcdef")]
async fn place_order() {}

fn main() {
    let _ = place_order();
}
