//! The process that is killed: `crash-worker STORE LEDGER FIRST COUNT`.
//!
//! It starts orders `0..FIRST + COUNT`, of which earlier processes have started the first ones, delivers callbacks, and
//! ends when all orders have ended, unless it is killed before.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use durable::{CallbackId, Engine, RunError};
use durable_crash::{Entry, Ledger, order};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, ledger, first, count] = arguments.as_slice() else {
        anyhow::bail!("usage: crash-worker STORE LEDGER FIRST COUNT");
    };
    let (first, count): (u32, u32) = (first.parse()?, count.parse()?);
    let ledger = Ledger::open(Path::new(ledger)).context("opening the ledger")?;
    let engine = Engine::open(store).register(order).state(ledger.clone()).start().await?;
    tokio::spawn(deliver(engine.clone(), ledger));

    for number in first..first + count {
        engine.start(order(number)).name(format!("order-{number}")).await?;
    }
    for number in 0..first + count {
        let run = engine.start(order(number)).name(format!("order-{number}")).await?;
        let result = loop {
            match run.result().await {
                // Killed five times in a row at the same place: nothing shows that it is not to blame.
                Err(RunError::Parked(_)) => engine.unpark(run.id()).await?,
                result => break result?,
            }
        };
        println!("{number} {result}");
    }
    engine.shutdown().await;
    Ok(())
}

/// Completes every callback in the ledger, again and again: only the first time counts.
async fn deliver(engine: Engine, ledger: Ledger) -> anyhow::Result<()> {
    let mut delivered = 0;
    loop {
        let entries = ledger.read()?;
        for entry in entries.iter().skip(delivered) {
            if let Entry::Callback { order, id } = entry {
                // One that was completed by an earlier process is refused.
                let _ = engine.complete_callback(&CallbackId::from_text(id.as_str()), &(u64::from(*order) * 7)).await;
            }
        }
        delivered = entries.len();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
