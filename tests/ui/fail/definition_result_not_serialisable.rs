use durable::prelude::*;

struct Receipt;

struct Declined;

#[step]
async fn charge(_amount: u32) -> Receipt {
    Receipt
}

#[step]
async fn refund(_amount: u32) -> Result<u32, Declined> {
    Ok(0)
}

fn main() {
    let _ = (charge(1), refund(1));
}
