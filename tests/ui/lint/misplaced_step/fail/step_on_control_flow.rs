use durable::prelude::*;

async fn price(_order: u32) -> u32 {
    0
}

#[durable]
async fn total(order: u32) -> u32 {
    #[step]
    if order > 1 {
        price(order).await;
    }
    #[step]
    for _ in 0..order {
        price(order).await;
    }
    #[step]
    let both = match order {
        0 => price(order).await,
        _ => 1,
    };
    #[step]
    {
        price(both).await;
    }
    #[step]
    let later = async { price(order).await };
    #[step]
    return price(order).await;
}

fn main() {
    let _ = total(1);
}
