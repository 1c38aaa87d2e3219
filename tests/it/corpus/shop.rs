//! Orders and payments, with compensation.

use durable::prelude::*;

use super::world::{self, Order, Parcel, Receipt, ShopError, charge, refund, release, reserve, total, weigh};

#[step(retry(max_attempts = 3, initial_delay = "1s"))]
async fn pack(parcel: &Parcel) -> Result<u32, ShopError> {
    Ok(parcel.weight)
}

#[step]
async fn notify(customer: &str, text: &str) -> usize {
    customer.len() + text.len()
}

#[durable]
async fn place_order(order: Order) -> Result<Receipt, ShopError> {
    #[step]
    let reservation = reserve(&order).await?;
    #[step(retry(max_attempts = 5))]
    let charged = charge(&order.customer, total(&order)).await;
    match charged {
        Ok(receipt) => Ok(receipt),
        Err(error) => {
            #[step]
            release(reservation).await;
            Err(error)
        }
    }
}

#[durable]
async fn place_order_with_partial_stock(order: Order) -> Result<Receipt, ShopError> {
    #[step]
    let reserved = reserve(&order).await;
    let reservation = match reserved {
        Ok(id) => id,
        Err(ShopError::OutOfStock { left }) if left > 0 => u64::from(left),
        Err(ShopError::OutOfStock { .. }) => return Err(ShopError::Other("come back later".to_owned())),
        Err(error @ ShopError::Declined) => return Err(error),
        Err(error) => return Err(error),
    };
    sleep(minutes(1)).await;
    Ok(Receipt { amount: reservation as u32, note: None })
}

#[durable]
async fn ship_all(order: Order) -> Result<Vec<u32>, ShopError> {
    let mut weights = Vec::with_capacity(order.parcels.len());
    for parcel in &order.parcels {
        if parcel.weight == 0 {
            continue;
        }
        let packed = pack(parcel).await?;
        weights.push(packed);
        if weights.len() > 100 {
            break;
        }
    }
    weights.sort_unstable();
    Ok(weights)
}

#[durable]
async fn ship_in_parallel(order: Order) -> Result<u32, ShopError> {
    let weights = map(&order.parcels, async |parcel| pack(parcel).await).max_concurrency(4).await?;
    Ok(weights.into_iter().sum())
}

#[durable]
async fn ship_the_heavy_ones(order: Order, limit: u32) -> Result<u32, ShopError> {
    let heavy = order.parcels.iter().filter(|parcel| parcel.weight > limit);
    let weights = map(heavy, async |parcel: &Parcel| {
        #[step]
        let weight = weigh(parcel).await;
        pack(parcel).await.map(|packed| packed.max(weight))
    })
    .await?;
    Ok(weights.iter().copied().fold(0, u32::saturating_add))
}

#[durable]
async fn charge_and_reserve(order: Order) -> Result<(u64, Receipt), ShopError> {
    let (reserved, charged) = join((
        async {
            #[step]
            reserve(&order).await
        },
        async {
            #[step]
            charge(&order.customer, 3).await
        },
    ))
    .await;
    match (reserved, charged) {
        (Ok(id), Ok(receipt)) => Ok((id, receipt)),
        (Ok(id), Err(error)) => {
            #[step]
            release(id).await;
            Err(error)
        }
        (Err(error), Ok(receipt)) => {
            #[step]
            refund(receipt).await?;
            Err(error)
        }
        (Err(error), Err(_)) => Err(error),
    }
}

#[durable]
async fn refund_after_a_week(receipt: Receipt, customer: String) -> Result<(), ShopError> {
    sleep(days(7)).await;
    #[step]
    refund(receipt).await?;
    notify(&customer, "refunded").await;
    Ok(())
}

#[durable]
async fn loyalty(customer: String, orders: Vec<Order>) -> u32 {
    let spent: u32 = orders.iter().map(total).sum();
    let level = match spent {
        0..=99 => 0,
        100..=999 => 1,
        _ => 2,
    };
    if level > 0 {
        let text = format!("welcome to level {level}, {customer}");
        notify(&customer, &text).await;
    }
    level
}

#[durable]
async fn order_with_child(order: Order) -> Result<Receipt, ShopError> {
    let weights = ship_all(order.clone()).await?;
    let heavy = weights.iter().any(|weight| *weight > 30);
    if heavy {
        sleep(hours(1)).named("wait for the big car").await;
    }
    place_order(order).await
}

#[durable]
async fn order_as_its_own_execution(order: Order) -> Result<Receipt, ShopError> {
    match place_order(order).invoke().await {
        Ok(receipt) => receipt,
        Err(error) => Err(ShopError::Other(error.to_string())),
    }
}

#[durable(name = "sum up", version = "3")]
async fn sum_up(order: world::Order) -> u32 {
    let mut sum = 0;
    for (position, parcel) in order.parcels.iter().enumerate() {
        #[step]
        let weight = weigh(parcel).await;
        sum += weight * (position as u32 + 1);
    }
    sum
}
