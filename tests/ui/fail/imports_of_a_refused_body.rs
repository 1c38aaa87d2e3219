//! One error for each function, and no warning about what only its body uses.

use durable::prelude::*;

use shop::{LIMIT, Mode, Order, Slow, charge, print, together};

mod shop {
    pub const LIMIT: u32 = 3;

    pub enum Mode {
        Fast,
        Steady,
    }

    pub struct Order<T> {
        pub id: T,
    }

    pub struct Slow(pub u32);

    pub async fn charge<T>(amount: T) -> T {
        amount
    }

    pub fn print<T>(label: T) -> T {
        label
    }

    #[allow(unused_macros)]
    macro_rules! together {
        ($($token:tt)*) => { $($token)* };
    }
    pub(crate) use together;
}

#[durable]
async fn two_awaits(amount: u32) -> u32 {
    let Slow(wait) = Slow(LIMIT);
    let Order { id } = Order { id: print(wait) };
    let mode = if id > 1 { Mode::Fast } else { Mode::Steady };
    match mode {
        Mode::Fast => return 1,
        Mode::Steady => {}
    }
    #[step]
    charge(charge(amount).await).await
}

#[durable]
async fn hidden(amount: u32) -> u32 {
    together! { sleep(minutes(5)).await; }
    amount
}

fn main() {
    let _ = (two_awaits(1), hidden(1));
}
