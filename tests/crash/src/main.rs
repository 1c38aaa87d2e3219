//! The process that is ended: `crash-worker STORE LEDGER FIRST COUNT`.
//!
//! It starts orders `0..FIRST + COUNT`, of which earlier processes have started the first ones, delivers callbacks, and
//! ends when all orders have ended, unless it is killed before. A disk that fails is asked again.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use durable::{CallbackId, Engine, EngineError, RunError};
use durable_crash::{Entry, Ledger, order};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR).with_writer(std::io::stderr).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, ledger, first, count] = arguments.as_slice() else {
        anyhow::bail!("usage: crash-worker STORE LEDGER FIRST COUNT");
    };
    let (first, count): (u32, u32) = (first.parse()?, count.parse()?);
    let ledger = Ledger::open(Path::new(ledger)).context("opening the ledger")?;
    let engine = Engine::open(store).register(order).state(ledger.clone()).start().await?;
    tokio::spawn(deliver(engine.clone(), ledger));

    for number in first..first + count {
        patiently(async || Ok(engine.start(order(number)).name(format!("order-{number}")).await?.id())).await?;
    }
    for number in 0..first + count {
        println!("{number} {}", patiently(async || finish(&engine, number).await).await?);
    }
    engine.shutdown().await;
    Ok(())
}

/// Waits for the end of an order.
async fn finish(engine: &Engine, number: u32) -> anyhow::Result<u64> {
    let run = engine.start(order(number)).name(format!("order-{number}")).await?;
    loop {
        match run.result().await {
            // Killed five times in a row at the same place: nothing shows that it is not to blame.
            Err(RunError::Parked(_)) => engine.unpark(run.id()).await?,
            Err(RunError::Engine(error)) => return Err(error.into()),
            result => return Ok(result?),
        }
    }
}

/// Does it again for as long as the disk fails.
async fn patiently<T>(work: impl AsyncFn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    loop {
        match work().await {
            Err(error) => match error.downcast_ref() {
                Some(error @ EngineError::Store(_)) => pause(error).await,
                _ => return Err(error),
            },
            result => return result,
        }
    }
}

async fn pause(error: &EngineError) {
    eprintln!("{error}");
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// Completes every callback in the ledger, again and again: only the first time counts.
async fn deliver(engine: Engine, ledger: Ledger) -> anyhow::Result<()> {
    let mut delivered = 0;
    loop {
        let entries = ledger.read()?;
        for entry in entries.iter().skip(delivered) {
            if let Entry::Callback { order, id } = entry {
                let (id, value) = (CallbackId::from_text(id.as_str()), u64::from(*order) * 7);
                // One that was completed by an earlier process is refused.
                while let Err(error @ EngineError::Store(_)) = engine.complete_callback(&id, &value).await {
                    pause(&error).await;
                }
            }
        }
        delivered = entries.len();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
