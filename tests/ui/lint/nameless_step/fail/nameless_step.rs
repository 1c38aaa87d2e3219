use durable::prelude::*;

#[durable]
async fn count(amount: u32) {
    async {
        sleep(minutes(5)).await;
    }
    .await;
    #[step]
    (amount, 2);
}

fn main() {
    let _ = count(1);
}
