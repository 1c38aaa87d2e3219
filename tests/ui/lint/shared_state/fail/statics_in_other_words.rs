use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, RwLock};

use durable::prelude::*;

static COUNTER: AtomicU32 = AtomicU32::new(0);
static TOTAL: Mutex<u32> = Mutex::new(0);
static NAME: OnceLock<String> = OnceLock::new();
static PRICES: RwLock<Vec<u32>> = RwLock::new(Vec::new());
static mut LAST: u32 = 0;

#[durable]
async fn place_order(amount: u32) -> Option<u32> {
    let number = AtomicU32::fetch_add(&COUNTER, 1, Ordering::SeqCst);
    *Mutex::lock(&TOTAL).unwrap() += amount;
    let name = NAME.get()?;
    if let Ok(prices) = PRICES.read() {
        return prices.first().copied();
    }
    let last = unsafe { LAST };
    let place = &raw mut LAST;
    let other = std::ptr::addr_of_mut!(LAST);
    Some(number + name.len() as u32 + last + u32::from(place == other))
}

fn main() {
    let _ = place_order(1);
}
