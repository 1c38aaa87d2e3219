//! The process that kills itself: `poison-worker STORE MARKS`.
//!
//! It starts executions that always end the process, one of them from a thread of its own; one that ends it once in each
//! of its steps, and one that is not to blame for anything; it prints what becomes of them, if it comes to that. MARKS is a folder in which steps
//! note that they have ended a process before.

use std::path::PathBuf;
use std::time::Duration;

use durable::prelude::*;
use durable::{Query, ReadOutcome, Run, RunError};

#[durable]
async fn poison() {
    #[step]
    die().await;
}

async fn die() {
    std::process::abort()
}

#[durable]
async fn poison_beside() {
    die_beside().await;
}

/// Ends the process while nobody polls the execution.
#[step(blocking)]
fn die_beside() {
    std::process::abort()
}

/// Ends the process in its second attempt, of which nothing is on record but that its time has come.
#[durable]
async fn second_attempt() -> Result<(), String> {
    #[step(retry(max_attempts = 3, initial_delay = "1s", jitter = none))]
    die_later().await?;
    Ok(())
}

async fn die_later() -> Result<(), String> {
    if durable::attempt() == 1 { Err("not yet".to_owned()) } else { std::process::abort() }
}

#[durable]
async fn stumbling(steps: u32, State(marks): State<PathBuf>) -> u32 {
    let mut passed = 0;
    for step in 0..steps {
        #[step]
        stumble(marks.join(step.to_string())).await;
        passed += 1;
    }
    passed
}

/// Ends the process the first time.
async fn stumble(mark: PathBuf) {
    if std::fs::File::create_new(mark).is_ok() {
        std::process::abort()
    }
}

#[durable]
async fn innocent() -> u32 {
    let mut sum = 0;
    for part in 0..5 {
        #[step]
        let added = slow(part).await;
        sum += added;
    }
    sum
}

async fn slow(part: u32) -> u32 {
    tokio::time::sleep(Duration::from_millis(20)).await;
    part
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, marks] = arguments.as_slice() else { anyhow::bail!("usage: poison-worker STORE MARKS") };
    let engine = Engine::open(store).register(poison).register(poison_beside).register(second_attempt);
    let engine = engine.register(stumbling).register(innocent).state(PathBuf::from(marks)).start().await?;
    let innocent = engine.start(innocent()).name("innocent").await?;
    let stumbling = engine.start(stumbling(7)).name("stumbling").await?;
    let poison = engine.start(poison()).name("poison").await?;
    let beside = engine.start(poison_beside()).name("beside").await?;
    let later = engine.start(second_attempt()).name("later").await?;
    println!("innocent {}", said(&innocent).await);
    println!("stumbling {}", said(&stumbling).await);
    let ends = [poison.output().await.map(Ok), beside.output().await.map(Ok), later.output().await];
    for end in ends {
        match end {
            Err(RunError::Parked(reason)) => println!("parked {}", reason.as_str().lines().next().unwrap_or_default()),
            other => println!("not parked: {other:?}"),
        }
    }
    anyhow::ensure!(engine.metrics().parked == 3, "three executions are parked");
    anyhow::ensure!(engine.list(Query::new().parked()).await?.len() == 3, "three executions are listed as parked");
    engine.shutdown().await;
    Ok(())
}

async fn said<R: ReadOutcome<Output = u32>>(run: &Run<R>) -> String {
    match run.output().await {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}
