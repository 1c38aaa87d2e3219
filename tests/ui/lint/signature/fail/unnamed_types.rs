use durable::prelude::*;

#[durable]
async fn place_order(order: impl Clone) -> impl Clone {
    order
}

#[step]
async fn reserve(order: u32) -> impl Clone {
    order
}

fn main() {
    let _ = place_order(1);
    let _ = reserve(1);
}
