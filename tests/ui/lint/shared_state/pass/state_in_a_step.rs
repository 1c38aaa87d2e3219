//! Shared state is read in steps; names like its methods are no harm.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use durable::prelude::*;

const LIMIT: u32 = 7;

static COUNTER: AtomicU32 = AtomicU32::new(0);

struct Door {
    locked: bool,
}

impl Door {
    fn lock(&mut self) {
        self.locked = true;
    }

    fn load(&self, _weight: u32) -> u32 {
        1
    }
}

#[durable]
async fn count(State(total): State<Arc<Mutex<u32>>>, amount: u32) -> u32 {
    #[step]
    let number = COUNTER.fetch_add(1, Ordering::SeqCst);
    #[step]
    let sum = total.lock().map_or(0, |total| *total + amount);
    let mut door = Door { locked: false };
    door.lock();
    let weight = door.load(number);
    let local = RefCell::new(weight);
    *local.borrow_mut() += sum;
    let (mut left, mut right) = (LIMIT, local.take());
    std::mem::swap(&mut left, &mut right);
    left.cmp(&right);
    left + right
}
