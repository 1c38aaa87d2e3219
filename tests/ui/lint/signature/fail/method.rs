use durable::prelude::*;

struct Shop;

impl Shop {
    #[durable]
    async fn place_order(&self, order: u32) -> u32 {
        order
    }

    #[step]
    async fn reserve(&self, order: u32) -> u32 {
        order
    }
}

fn main() {
    let _ = Shop.place_order(1);
    let _ = Shop.reserve(1);
}
