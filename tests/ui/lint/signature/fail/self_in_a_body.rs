use durable::prelude::*;

struct Shop;

impl Shop {
    const LIMIT: u32 = 3;

    #[durable]
    async fn place_order(count: u32) -> u32 {
        sleep(minutes(5)).await;
        count.min(Self::LIMIT)
    }

    #[step]
    async fn reserve(count: u32) -> String {
        format!("{}", count.min(Self::LIMIT))
    }
}

fn main() {
    let _ = (Shop::place_order(1), Shop::reserve(1));
}
