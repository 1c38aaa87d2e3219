use durable::prelude::*;

#[durable]
async fn place_order(path: String) -> String {
    tokio::fs::read_to_string(path).await.unwrap_or_default()
}

fn main() {
    let _ = place_order(String::new());
}
