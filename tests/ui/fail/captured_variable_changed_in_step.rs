use durable::prelude::*;

async fn charge(_amount: u32) -> u32 {
    0
}

async fn fill(_receipts: &mut Vec<u32>) {}

#[durable]
async fn place_order(amount: u32) -> u32 {
    let mut total = 0;
    let mut receipts = Vec::new();
    #[step]
    let charged = async {
        total += amount;
        charge(total).await
    }
    .await;
    #[step]
    fill(&mut receipts).await;
    #[step]
    receipts.push(charged);
    let branch = async { receipts.push(1) }.await;
    branch;
    charged
}

fn main() {
    let _ = place_order(1);
}
