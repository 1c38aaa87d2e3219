use durable::prelude::*;

async fn charge(_amount: u32) -> u32 {
    0
}

#[durable(retries = 3)]
async fn place_order(amount: u32, note: &str) -> u32 {
    #[step(retry(max_delay = "soon"))]
    let first = charge(amount).await;
    #[step]
    let second = charge(amount).await;
    #[step]
    match note.len() {
        0 => first,
        _ => second,
    }
}

fn main() {
    let _ = place_order(1, "");
}
