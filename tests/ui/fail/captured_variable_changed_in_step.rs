use durable::prelude::*;

async fn charge(_amount: u32) -> u32 {
    0
}

async fn fill(_receipts: &mut Vec<u32>) {}

async fn send(_text: String) {}

struct Till {
    receipts: Vec<u32>,
    text: String,
}

impl Till {
    async fn close(&mut self) {
        self.receipts.clear();
    }

    async fn empty(self) -> Vec<u32> {
        self.receipts
    }
}

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
    let mut till = Till { receipts: Vec::new(), text: String::new() };
    #[step]
    till.close().await;
    #[step]
    send(till.text).await;
    #[step]
    till.empty().await;
    charged
}

fn main() {
    let _ = place_order(1);
}
