//! The process that is ended: `crash-worker STORE LEDGER FIRST COUNT`.
//!
//! It starts orders `0..FIRST + COUNT`, of which earlier processes have started the first ones, delivers callbacks, and
//! ends when all orders have ended, unless it is killed before. A disk that fails is asked again.
//!
//! `CLOCK_AHEAD_MS` sets its clock wrong. With `RETENTION_MS` it deletes what has ended, and does not start again what the
//! ledger says has ended.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use durable::{CallbackId, Engine, EngineError, Query, RunError};
use durable_crash::{Entry, Ledger, WrongClock, inspect, order};
use tokio::task::LocalSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR).with_writer(std::io::stderr).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, ledger, first, count] = arguments.as_slice() else {
        anyhow::bail!("usage: crash-worker STORE LEDGER FIRST COUNT");
    };
    let (first, count): (u32, u32) = (first.parse()?, count.parse()?);
    let ledger = Ledger::open(Path::new(ledger)).context("opening the ledger")?;
    let mut builder = Engine::open(store).register(order).register(inspect).state(ledger.clone());
    if let Some(ahead_ms) = from_environment("CLOCK_AHEAD_MS")? {
        builder = builder.clock(Arc::new(WrongClock { ahead_ms }));
    }
    let retention: Option<u64> = from_environment("RETENTION_MS")?;
    if let Some(millis) = retention {
        builder = builder.retention(Duration::from_millis(millis));
    }
    let engine = builder.start().await?;
    tokio::spawn(deliver(engine.clone(), ledger.clone()));
    tokio::spawn(watch(engine.clone(), ledger.clone()));

    let known = match retention {
        Some(_) => results(&ledger)?,
        None => HashMap::new(),
    };
    // Together, as one may be deleted while others are waited for.
    let together = LocalSet::new();
    let mut ends = Vec::new();
    for number in 0..first + count {
        let (engine, ledger, known) = (engine.clone(), ledger.clone(), known.get(&number).copied());
        ends.push(together.spawn_local(async move {
            let Some(value) = known else {
                let value = patiently(async || finish(&engine, &ledger, number).await).await?;
                ledger.add(&Entry::Result { order: number, value })?;
                return anyhow::Ok(value);
            };
            Ok(value)
        }));
    }
    together
        .run_until(async {
            for (number, end) in ends.into_iter().enumerate() {
                println!("{number} {}", end.await??);
            }
            anyhow::Ok(())
        })
        .await?;
    engine.shutdown().await;
    Ok(())
}

fn from_environment<T: FromStr<Err: Error + Send + Sync + 'static>>(name: &str) -> anyhow::Result<Option<T>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text.parse()?)),
        Err(_) => Ok(None),
    }
}

/// The orders that are known to have ended.
fn results(ledger: &Ledger) -> anyhow::Result<HashMap<u32, u64>> {
    let result = |entry| match entry {
        Entry::Result { order, value } => Some((order, value)),
        _ => None,
    };
    Ok(ledger.read()?.into_iter().filter_map(result).collect())
}

/// Waits for the end of an order.
async fn finish(engine: &Engine, ledger: &Ledger, number: u32) -> anyhow::Result<u64> {
    let run = engine.start(order(number)).name(format!("order-{number}")).await?;
    loop {
        match run.result().await {
            Err(RunError::Parked(reason)) => {
                // Whoever reads the ledger decides whether that may happen.
                ledger.add(&Entry::Parked { order: Some(number), reason: reason.to_string() })?;
                engine.unpark(run.id()).await?;
            }
            Err(RunError::Engine(error)) => return Err(error.into()),
            result => return Ok(result?),
        }
    }
}

/// Notes it when an execution is forgotten, or one that an order has started is parked, for as long as the process runs.
async fn watch(engine: Engine, ledger: Ledger) -> anyhow::Result<()> {
    loop {
        if let Ok(stranded) = engine.stranded().await
            && !stranded.is_empty()
        {
            eprintln!("stranded: {stranded:?}");
            ledger.add(&Entry::Stranded { count: stranded.len().try_into()? })?;
        }
        for child in engine.list(Query::new().function("inspect").parked()).await.unwrap_or_default() {
            ledger.add(&Entry::Parked { order: None, reason: child.parked.unwrap_or_default() })?;
            // If the disk fails, it is parked the next time, too.
            let _ = engine.unpark(child.id).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
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
                // Keeps it open, and changes nothing else. One that was completed by an earlier process is refused.
                let _ = engine.heartbeat_callback(&id).await;
                while let Err(error @ EngineError::Store(_)) = engine.complete_callback(&id, &value).await {
                    pause(&error).await;
                }
            }
        }
        delivered = entries.len();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
