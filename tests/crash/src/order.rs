//! The durable function under test.

use std::sync::atomic::{AtomicU32, Ordering};

use durable::attempt;
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
    let process = std::process::id();
    ledger.add(&Entry::Begin { order, step: step.clone(), process }).expect("the ledger takes everything");
    // Some bodies take a while, so that kills fall into them.
    tokio::time::sleep(std::time::Duration::from_millis(value % 7)).await;
    ledger.add(&Entry::End { order, step, mark: mark.clone() }).expect("the ledger takes everything");
    Marked { value, mark }
}

/// Fails in its first attempt.
async fn charge(ledger: &Ledger, order: u32) -> Result<Marked, String> {
    let is_first = attempt() == 1;
    let charged = work(ledger, order, "charge", u64::from(order) * 3).await;
    if is_first { Err("the card reader is warming up".to_owned()) } else { Ok(charged) }
}

#[step]
async fn reserve(ledger: Ledger, order: u32) -> Marked {
    work(&ledger, order, "reserve", u64::from(order) + 1).await
}

#[step]
async fn notify(ledger: Ledger, order: u32) -> Marked {
    work(&ledger, order, "notify", u64::from(order) + 2).await
}

/// Nobody knows whether something was paid.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Unclear;

impl From<durable::StepInterrupted> for Unclear {
    fn from(_: durable::StepInterrupted) -> Self {
        Self
    }
}

/// Never runs twice under one number.
#[step(at_most_once, retry(fixed, max_attempts = 100, initial_delay = "1s"))]
async fn pay(ledger: Ledger, order: u32) -> Result<Marked, Unclear> {
    Ok(work(&ledger, order, "pay", u64::from(order) * 2).await)
}

/// A bit of everything: steps of each kind, timers, callbacks, branches, a loop, a call, and an execution of its own.
#[durable]
pub async fn order(order: u32, State(ledger): State<Ledger>) -> Result<u64, String> {
    let reserved = reserve(ledger.clone(), order).await;
    sleep(seconds(1)).await;
    #[step(retry(max_attempts = 5, initial_delay = "1s", jitter = none))]
    let charged = charge(&ledger, order).await?;
    let paid = pay(ledger.clone(), order).await.map_err(|_| "too many interruptions".to_owned())?;

    // Nobody answers this one.
    let offer = create_callback::<u64>().timeout(seconds(1)).await;
    let declined = u64::from(offer.await_callback().is_err());

    let accepted = wait_for_callback(async |id| {
        ledger.add(&Entry::Callback { order, id: id.to_string() }).map_err(|error| error.to_string())
    })
    .timeout(days(9))
    .heartbeat_timeout(days(8))
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

    let labels: Vec<u64> = map(vec![0_u64, 1, 2], async |parcel| {
        #[step(name = "label")]
        let label = work(&ledger, order, &format!("label{parcel}"), 20 + parcel).await;
        label.value
    })
    .max_concurrency(2)
    .await;
    let quoted = race((
        async {
            sleep(days(9)).await;
            0
        },
        async {
            #[step(name = "quote")]
            let quote = work(&ledger, order, "quote", u64::from(order) + 4).await;
            quote.value
        },
    ))
    .await;

    let shipped = ship(order).await;
    let inspected = inspect(order).invoke().await.map_err(|error| error.to_string())?;
    let sum = reserved.value + charged.value + paid.value + declined + accepted + notified.value + packed;
    Ok(sum + labels.iter().sum::<u64>() + quoted + shipped + inspected)
}

#[durable]
async fn ship(order: u32, State(ledger): State<Ledger>) -> u64 {
    #[step(name = "ship")]
    let shipped = work(&ledger, order, "ship", u64::from(order) * 5).await;
    shipped.value
}

/// What an order starts as an execution of its own.
#[durable]
pub async fn inspect(order: u32, State(ledger): State<Ledger>) -> u64 {
    #[step(name = "inspect")]
    let inspected = work(&ledger, order, "inspect", u64::from(order) + 6).await;
    sleep(seconds(1)).await;
    inspected.value
}

/// The steps of an order, by their names in the ledger: those of its own history, and those of the execution it starts.
pub fn steps() -> (Vec<&'static str>, Vec<&'static str>) {
    let own = ["charge", "label0", "label1", "label2", "notify", "pack0", "pack1", "pack2", "pay", "quote", "reserve"];
    (own.into_iter().chain(["ship"]).collect(), vec!["inspect"])
}

/// What `order` returns when nothing interrupts it.
pub fn reference(order: u32) -> u64 {
    let order = u64::from(order);
    let (callbacks, boxes) = (1 + order * 7, (10 + 11 + 12) + (20 + 21 + 22));
    (order + 1) + order * 3 + order * 2 + callbacks + (order + 2) + boxes + (order + 4) + order * 5 + (order + 6)
}
