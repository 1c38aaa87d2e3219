//! Owned data in, owned data out; state by its extractor.

use durable::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    ids: Vec<u32>,
}

#[derive(Clone)]
struct App(u32);

#[durable]
async fn many(a: u8, b: u16, c: u32, d: u64, e: String, f: Vec<u8>, g: Option<bool>, h: (u8, Order)) -> Order {
    let _ = (a, b, c, d, e, f, g);
    h.1
}

#[durable]
async fn with_state(State(App(number)): State<App>, mut order: Order) -> Result<(), String> {
    order.ids.push(number);
    Err("none".to_owned())
}

#[step]
fn borrows(order: &Order, part: &str) -> usize {
    order.ids.len() + part.len()
}
