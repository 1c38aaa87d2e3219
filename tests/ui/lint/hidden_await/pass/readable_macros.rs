//! Awaits in macros whose arguments are expressions, and other macros without one.

use durable::prelude::*;

#[step]
async fn price(_id: u32) -> u32 {
    3
}

macro_rules! largest {
    ($($value:expr),+) => { [$($value),+].into_iter().max() };
}

#[durable]
async fn total(ids: Vec<u32>) -> String {
    let prices = vec![price(1).await, price(2).named("second").await];
    assert!(prices.len() == 2, "{}", price(3).named("third").await);
    assert!(matches!(price(4).named("fourth").await, 0..=9));
    let largest = largest!(1, prices.len(), ids.len());
    let json = serde_json::json!({ "largest": largest, "ids": ids });
    format!("{json} {}", price(5).named("fifth").await)
}
