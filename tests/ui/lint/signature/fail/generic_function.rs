use durable::prelude::*;

#[durable]
async fn place_order<T: Clone>(order: T) -> u32 {
    let _ = order;
    0
}

fn main() {
    let _ = place_order(1);
}
