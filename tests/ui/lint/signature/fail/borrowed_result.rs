use durable::prelude::*;

#[durable]
async fn place_order(customer: u32) -> Option<&str> {
    let _ = customer;
    None
}

fn main() {
    let _ = place_order(1);
}
