use durable::prelude::*;

#[durable]
fn place_order(order: u32) -> u32 {
    order
}

fn main() {
    let _ = place_order(1);
}
