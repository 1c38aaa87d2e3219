use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, RwLock};

use durable::prelude::*;

static COUNTER: AtomicU32 = AtomicU32::new(0);
static TOTAL: Mutex<u32> = Mutex::new(0);
static NAME: OnceLock<String> = OnceLock::new();
static PRICES: RwLock<Vec<u32>> = RwLock::new(Vec::new());
static mut LAST: u32 = 0;

thread_local! {
    static LOCAL: Cell<u32> = const { Cell::new(0) };
}

#[durable]
async fn place_order(amount: u32) -> u32 {
    let number = COUNTER.fetch_add(1, Ordering::SeqCst);
    let before = COUNTER.load(std::sync::atomic::Ordering::Relaxed);
    *TOTAL.lock().unwrap() += amount;
    let name = NAME.get_or_init(|| "order".to_owned());
    let prices = PRICES.read().unwrap().len();
    let local = LOCAL.with(|cell| cell.get());
    unsafe {
        LAST = amount;
    }
    number + before + local + name.len() as u32 + prices as u32
}

fn main() {
    let _ = place_order(1);
}
