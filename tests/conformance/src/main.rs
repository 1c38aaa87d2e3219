//! The process that is killed: `conformance-worker FOLDER ROW by-itself|between-invocations`.
//!
//! It carries out one row, or goes on where an earlier process was killed.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use durable::Engine;
use durable::model::SystemClock;
use durable::store::{SqliteOptions, SqliteStore, Store};
use durable_conformance::cut::CutStore;
use durable_conformance::processes::Killed;
use durable_conformance::witness::{log_to, watch};
use durable_conformance::{SUITES, Scratch, driver};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, id, killed] = arguments.as_slice() else {
        anyhow::bail!("usage: conformance-worker FOLDER ROW by-itself|between-invocations");
    };
    let rows = SUITES.iter().flat_map(|suite| suite.rows.iter().map(move |row| (suite, row)));
    let (suite, row) = rows.into_iter().find(|(_, row)| row.id == id).context("there is no such row")?;

    let store = SqliteStore::open(Path::new(folder).join("store.db"), SqliteOptions::default())?;
    let store: Arc<dyn Store> = match killed == Killed::BetweenInvocations.as_str() {
        true => Arc::new(CutStore::new(store, row, Path::new(folder))),
        false => Arc::new(store),
    };
    log_to(Path::new(folder).join("log"));
    let engine = watch(suite.register(Engine::on_store(store)), Path::new(folder));
    let engine = engine.state(Scratch::new(folder)).workers(1).start().await?;
    driver::run(&engine, &SystemClock, row).await?;
    engine.shutdown().await;
    Ok(())
}
