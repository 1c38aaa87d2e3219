//! The process that runs for a long time: `soak-worker STORE LEDGER OPERATIONS`.
//!
//! It runs executions of a few operations each until there were so many, of which one writes a line to the ledger, and
//! prints ten times on the way how much memory it needs and how large its files are. What ended is deleted after two seconds. Others wait all the time, for a
//! callback that comes at the end.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use durable::prelude::*;
use durable::{EventKind, ExecutionId};
use durable_crash::resident_kib;

/// Executions that run at the same time.
const AT_ONCE: u64 = 64;
/// Executions that wait from the first to the last operation.
const WAITING: u64 = 1_000;
/// How often the process says what it needs.
const REPORTS: u64 = 10;

/// What was sent, a line for each time.
#[derive(Debug, Clone)]
struct Ledger(Arc<File>);

impl Ledger {
    async fn send(&self, number: u64) {
        // One write, so that lines don't mix.
        (&*self.0).write_all(format!("{number}\n").as_bytes()).expect("the ledger takes everything");
    }
}

async fn pack(number: u64) -> String {
    format!("{number:064}")
}

/// Ten operations.
#[durable]
async fn parcel(number: u64, State(ledger): State<Ledger>) -> usize {
    #[step]
    ledger.send(number).await;
    let mut packed = 0;
    for part in 0..6 {
        #[step]
        let text = pack(number + part).await;
        packed += text.len();
    }
    let (first, second) = join((async { pack_again(number).await }, pack_again(number + 1))).await;
    packed + first + second
}

#[step]
async fn pack_again(number: u64) -> usize {
    pack(number).await.len()
}

#[durable]
async fn patient(number: u64) -> Result<u64, CallbackError> {
    let callback = create_callback::<u64>().await;
    Ok(number + callback.await_callback()?)
}

/// Completes the callback of an execution.
async fn complete(engine: &Engine, run: ExecutionId) -> anyhow::Result<()> {
    let history = engine.history(run).await?;
    let id = history.into_iter().find_map(|event| match event.kind {
        EventKind::CallbackStarted { callback_id, .. } => callback_id,
        _ => None,
    });
    engine.complete_callback(&id.context("no callback was opened")?, &1).await?;
    Ok(())
}

fn size(store: &Path) -> u64 {
    let wal = store.with_extension("db-wal");
    [store, wal.as_path()].iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, ledger, operations] = arguments.as_slice() else {
        anyhow::bail!("usage: soak-worker STORE LEDGER OPERATIONS");
    };
    let ledger = Ledger(Arc::new(File::create(ledger).context("creating the ledger")?));
    let executions = operations.parse::<u64>()? / 10;
    let engine = Engine::open(store).register(parcel).register(patient).retention(Duration::from_secs(2));
    let engine = engine.state(ledger).start().await?;
    let mut waiting = Vec::new();
    for number in 0..WAITING {
        waiting.push(engine.start(patient(number)).await?);
    }
    let mut done = 0;
    for report in 1..=REPORTS {
        while done < executions * report / REPORTS {
            let mut runs = Vec::new();
            for number in done..done + AT_ONCE {
                runs.push(engine.start(parcel(number)).await?);
            }
            for run in runs {
                anyhow::ensure!(run.output().await? == 8 * 64, "a wrong result");
            }
            done += AT_ONCE;
        }
        println!("{} {} {}", done * 10, resident_kib(), size(Path::new(store)) / 1024);
    }
    for (number, run) in (0..).zip(waiting) {
        complete(&engine, run.id()).await?;
        anyhow::ensure!(run.result().await? == number + 1, "a wrong result");
    }
    anyhow::ensure!(engine.stranded().await?.is_empty(), "nothing will wake these");
    engine.shutdown().await;
    Ok(())
}
