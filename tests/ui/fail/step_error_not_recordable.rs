use durable::prelude::*;

struct Declined;

async fn charge(_amount: u32) -> Result<u32, Declined> {
    Ok(0)
}

#[durable]
async fn place_order(amount: u32) -> bool {
    #[step]
    let receipt = charge(amount).await;
    #[step(name = "again", key = amount)]
    let again = charge(amount).await;
    receipt.is_ok() && again.is_ok()
}

fn main() {
    let _ = place_order(1);
}
