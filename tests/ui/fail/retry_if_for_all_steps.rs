use durable::prelude::*;

fn is_transient(error: &String) -> bool {
    error == "busy"
}

#[durable(retry(max_attempts = 3, if = is_transient))]
async fn order() -> u32 {
    1
}

fn main() {
    let _ = order();
}
