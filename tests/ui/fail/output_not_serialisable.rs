use durable::prelude::*;

struct Receipt;

struct Declined;

#[durable]
async fn place_order() -> Receipt {
    Receipt
}

#[durable]
async fn cancel_order() -> Result<(), Declined> {
    Ok(())
}

fn main() {
    let _ = (place_order(), cancel_order());
}
