//! What is done with the functions, and which part of it is timed.

use std::path::Path;
use std::time::{Duration, Instant};

use durable::{CallbackId, Engine, Limits};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::functions::{Desk, steps, suspended, waits};

type Failed = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Clone, Copy)]
pub enum Workload {
    /// One execution of so many steps.
    Steps,
    /// So many executions of five steps each, started at once.
    Executions,
    /// From opening the store to the end of an execution with so many recorded steps.
    Opens,
    /// One execution that waits so many times; its run stays in memory.
    Waits,
}

impl Workload {
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "one execution, per step",
            Self::Executions => "many executions of 5 steps, per execution",
            Self::Opens => "from open to the frontier, per recorded step",
            Self::Waits => "a loop of callbacks, per wait",
        }
    }
}

/// How long so many repetitions took, each on a store of its own.
pub async fn time(workload: Workload, size: u32, repetitions: u64) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..repetitions {
        total += once(workload, size).await.unwrap_or_else(|error| panic!("{workload:?} of {size}: {error}"));
    }
    total
}

async fn once(workload: Workload, size: u32) -> Result<Duration, Failed> {
    let folder = TempDir::new()?;
    let (engine, desk) = open(folder.path()).await?;
    match workload {
        Workload::Steps => in_a_row(engine, size).await,
        Workload::Executions => at_once(engine, size).await,
        Workload::Opens => again(engine, desk, folder.path(), size).await,
        Workload::Waits => waiting(engine, desk, size).await,
    }
}

/// An engine as it comes, but that 3,000 operations are not the most.
async fn open(folder: &Path) -> Result<(Engine, UnboundedReceiver<CallbackId>), Failed> {
    let (sender, receiver) = unbounded_channel();
    let builder = Engine::open(folder.join("bench.db")).limits(Limits::none()).state(Desk(sender));
    let engine = builder.register(steps).register(suspended).register(waits).start().await?;
    Ok((engine, receiver))
}

async fn in_a_row(engine: Engine, size: u32) -> Result<Duration, Failed> {
    let began = Instant::now();
    engine.start(steps(size)).await?.output().await?;
    let took = began.elapsed();
    engine.shutdown().await;
    Ok(took)
}

async fn at_once(engine: Engine, size: u32) -> Result<Duration, Failed> {
    let began = Instant::now();
    let mut executions = JoinSet::new();
    for _ in 0..size {
        let engine = engine.clone();
        executions.spawn(async move { Ok::<_, Failed>(engine.start(steps(5)).await?.output().await?) });
    }
    while let Some(ended) = executions.join_next().await {
        ended??;
    }
    let took = began.elapsed();
    engine.shutdown().await;
    Ok(took)
}

async fn again(
    engine: Engine,
    mut desk: UnboundedReceiver<CallbackId>,
    folder: &Path,
    size: u32,
) -> Result<Duration, Failed> {
    engine.start(suspended(size)).name("held").await?;
    let id = desk.recv().await.ok_or("the engine is gone")?;
    engine.shutdown().await;

    let began = Instant::now();
    let (engine, _desk) = open(folder).await?;
    engine.complete_callback(&id, &1).await?;
    engine.start(suspended(size)).name("held").await?.output().await?;
    let took = began.elapsed();
    engine.shutdown().await;
    Ok(took)
}

async fn waiting(engine: Engine, mut desk: UnboundedReceiver<CallbackId>, size: u32) -> Result<Duration, Failed> {
    let began = Instant::now();
    let run = engine.start(waits(size)).await?;
    for _ in 0..size {
        let id = desk.recv().await.ok_or("the engine is gone")?;
        engine.complete_callback(&id, &1).await?;
    }
    run.output().await?;
    let took = began.elapsed();
    engine.shutdown().await;
    Ok(took)
}
