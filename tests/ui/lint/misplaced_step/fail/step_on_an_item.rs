use durable::prelude::*;

async fn price(amount: u32) -> u32 {
    amount
}

#[durable]
async fn place_order(amount: u32) -> u32 {
    #[step]
    struct Unused;
    amount
}

#[durable]
async fn quote(amount: u32) -> u32 {
    let constant = const { #[step] u32::from_str_radix("7", 10) };
    amount + constant.unwrap()
}

#[durable]
async fn on_some_systems(amount: u32) -> u32 {
    #[cfg_attr(unix, step)]
    let price = price(amount).await;
    price
}

fn main() {
    let _ = (place_order(1), quote(1), on_some_systems(1));
}
