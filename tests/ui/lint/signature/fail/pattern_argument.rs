use durable::prelude::*;

#[durable]
async fn place_order((order, count): (u32, u32)) -> u32 {
    order + count
}

#[step]
async fn reserve(_: u32) -> u32 {
    0
}

fn main() {
    let _ = place_order((1, 2));
    let _ = reserve(1);
}
