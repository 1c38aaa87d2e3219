use durable::prelude::*;

#[step]
async fn reserve(_item: u32) -> u32 {
    0
}

#[durable]
async fn in_variables(item: u32) -> u32 {
    let first = reserve(item);
    let second = reserve(item);
    first.await + second.await
}

#[durable]
async fn side_by_side(item: u32) -> (u32, u32) {
    join((reserve(item), reserve(item))).await
}

#[durable]
async fn in_a_loop(items: Vec<u32>) {
    for item in items {
        if item == 0 {
            reserve(item).await;
            return;
        }
        reserve(item).await;
    }
}

#[durable]
async fn after_a_break(item: u32) {
    loop {
        if item == 0 {
            reserve(item).await;
            break;
        }
    }
    reserve(item).await;
}

fn main() {
    let _ = (in_variables(1), side_by_side(1), in_a_loop(vec![]), after_a_break(1));
}
