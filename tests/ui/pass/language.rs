//! Everything that a durable function may contain, without a warning.
#![deny(warnings)]

use std::fmt::Display;

use durable::prelude::*;
use durable::{Retry, durable, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    pub id: u32,
    pub items: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum ChargeError {
    Declined(u32),
}

#[derive(Clone)]
pub struct App {
    pub currency: &'static str,
}

async fn greet(name: &str, times: u32) -> anyhow::Result<String> {
    Ok(name.repeat(times as usize))
}

async fn charge(order: Order) -> Result<u32, ChargeError> {
    Err(ChargeError::Declined(order.id))
}

/// Reserves stock.
#[step(retry(max_attempts = 5, initial_delay = "1s", max_delay = "30s", backoff_rate = 1.5, jitter = full))]
pub async fn reserve(order: &Order, mut count: u32) -> Result<String, String> {
    count += 1;
    Ok(format!("{}{count}", order.id))
}

#[step(name = "add up")]
fn add<T>(left: T, right: T) -> T
where
    T: std::ops::Add<Output = T> + Clone + Serialize + serde::de::DeserializeOwned + 'static,
{
    left + right
}

#[step]
fn show(text: impl Display + Clone, parts: &[&str]) -> String {
    format!("{text}{}", parts.len())
}

/// Places an order.
#[durable(name = "place order", version = "2")]
pub async fn place_order(mut order: Order, State(app): State<App>, count: u32) -> Result<u32, String> {
    let first = &order.items[0];
    #[step]
    let hello = greet(first, count).await.map_err(|error| error.to_string())?;
    order.id += 1;

    let stock = reserve(&order, 4).await?;
    #[step]
    let token = uuid::Uuid::new_v4();
    #[step]
    let sum = count + 1;

    sleep(seconds(1)).await;
    let nap = sleep(seconds(1));
    nap.await;

    let branch = async {
        #[step]
        let greeting = greet(&order.items[0], 3).await;
        greeting.unwrap_or_default()
    }
    .await;
    let (left, right) = join((async { reserve(&order, 1).await }, async { #[step] charge(order.clone()).await })).await;
    let total = add(1, 2).await;

    let callback = create_callback::<String>().await;
    #[step]
    let id = callback.id().to_string();
    let got = callback.await_callback();
    let pickup = wait_for_callback(async |id| greet(&id.to_string(), 1).await.map(drop))
        .timeout(hours(2))
        .await_callback::<u32>();

    let paid = match #[step] charge(order.clone()).await {
        Ok(paid) => show(paid, &["paid"]).await,
        Err(ChargeError::Declined(code)) => show(code, &[]).await,
    };
    let again = reserve(&order, 2).named("reserve again").retry(Retry::DEFAULT).await?;
    let all = vec![add(1, count).named("add again").await, count];
    assert!(child(3).named("child").await == 3, "{}", app.currency);
    let texts = format!("{hello} {stock} {token} {branch} {left:?} {right:?} {total} {id} {paid} {again} {all:?} {sum}");
    if got.is_err() || pickup.is_err() {
        return Err(texts);
    }
    while #[step(name = "limit")] greet("limit", 1).await.is_err() {
        sleep(minutes(1)).named("pause").await;
    }
    #[step(name = "last one", retry(max_attempts = 3))]
    greet("a", 3).await.map(|_| 3).map_err(|error| error.to_string())
}

#[durable]
async fn child(count: u32) -> u32 {
    sleep(days(1)).await;
    count
}

fn main() {
    let order = Order { id: 1, items: vec!["a".to_owned()] };
    let _call = place_order(order.clone(), 3);
    let _step = reserve(&order, 3).run();
}
