use durable::prelude::*;

struct Receipt;

#[durable]
async fn place_order() {
    let _receipt = async {
        sleep(minutes(5)).await;
        Receipt
    }
    .await;
}

fn main() {
    let _ = place_order();
}
