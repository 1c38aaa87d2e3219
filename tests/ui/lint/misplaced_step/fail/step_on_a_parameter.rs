use durable::prelude::*;

#[durable]
async fn place_order(#[step] count: u32) -> u32 {
    sleep(minutes(5)).await;
    count
}

fn main() {
    let _ = place_order(1);
}
