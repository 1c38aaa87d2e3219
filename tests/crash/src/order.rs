//! The durable function under test.

use std::sync::atomic::{AtomicU32, Ordering};

use durable::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Entry, Ledger};

/// What a step returns: its value, and a mark that no other run of any step has.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Marked {
    value: u64,
    mark: String,
}

/// Runs a step's body: notes it in the ledger before and after.
async fn work(ledger: &Ledger, order: u32, step: &str, value: u64) -> Marked {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let mark = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
    let step = step.to_owned();
    ledger.add(&Entry::Begin { order, step: step.clone() }).expect("the ledger takes everything");
    // Some bodies take a while, so that kills fall into them.
    tokio::time::sleep(std::time::Duration::from_millis(value % 7)).await;
    ledger.add(&Entry::End { order, step, mark: mark.clone() }).expect("the ledger takes everything");
    Marked { value, mark }
}

/// Fails unless an earlier attempt is in the ledger.
async fn charge(ledger: &Ledger, order: u32) -> Result<Marked, String> {
    let begun = Entry::Begin { order, step: "charge".to_owned() };
    let entries = ledger.read().map_err(|error| error.to_string())?;
    let charged = work(ledger, order, "charge", u64::from(order) * 3).await;
    if entries.contains(&begun) { Ok(charged) } else { Err("the card reader is warming up".to_owned()) }
}

#[step]
async fn reserve(ledger: Ledger, order: u32) -> Marked {
    work(&ledger, order, "reserve", u64::from(order) + 1).await
}

#[step]
async fn notify(ledger: Ledger, order: u32) -> Marked {
    work(&ledger, order, "notify", u64::from(order) + 2).await
}

/// Steps, a sleep, a retrying step, a callback, branches, a loop, and a call.
#[durable]
pub async fn order(order: u32, State(ledger): State<Ledger>) -> Result<u64, String> {
    let reserved = reserve(ledger.clone(), order).await;
    sleep(seconds(1)).await;
    #[step(retry(max_attempts = 5, initial_delay = "1s", jitter = none))]
    let charged = charge(&ledger, order).await?;

    let accepted = wait_for_callback(async |id| {
        ledger.add(&Entry::Callback { order, id: id.to_string() }).map_err(|error| error.to_string())
    })
    .await_callback::<u64>()
    .map_err(|error| error.to_string())?;

    let (notified, packed) = join((notify(ledger.clone(), order), async {
        let mut sum = 0;
        for box_number in 0..3 {
            #[step(name = "pack")]
            let packed = work(&ledger, order, &format!("pack{box_number}"), 10 + box_number).await;
            sum += packed.value;
        }
        sum
    }))
    .await;
    let shipped = ship(order).await;
    Ok(reserved.value + charged.value + accepted + notified.value + packed + shipped)
}

#[durable]
async fn ship(order: u32, State(ledger): State<Ledger>) -> u64 {
    #[step(name = "ship")]
    let shipped = work(&ledger, order, "ship", u64::from(order) * 5).await;
    shipped.value
}

/// What `order` returns when nothing interrupts it.
pub fn reference(order: u32) -> u64 {
    let order = u64::from(order);
    (order + 1) + order * 3 + order * 7 + (order + 2) + (10 + 11 + 12) + order * 5
}
