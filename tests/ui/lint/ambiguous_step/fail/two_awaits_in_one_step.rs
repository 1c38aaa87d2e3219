use durable::prelude::*;

async fn quote(_amount: u32) -> Result<u32, String> {
    Ok(0)
}

async fn charge(_amount: u32) -> Result<u32, String> {
    Ok(0)
}

#[durable]
async fn place_order(amount: u32) -> Result<u32, String> {
    #[step]
    let receipt = charge(quote(amount).await?).await?;
    Ok(receipt)
}

fn main() {
    let _ = place_order(1);
}
