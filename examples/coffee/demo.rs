//! The demonstration: open the bar, kill it in the middle, open it again, and account for everything.

use std::time::Duration;

use anyhow::{Context, ensure};
use durable::store::{Query, SqliteOptions, SqliteStore, Store};
use durable::{Event, EventKind, ExecutionStatus};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::bar::Bar;
use crate::order::Order;
use crate::proof::Proof;
use crate::{barista, open, serve_coffee, table};

/// The bar is killed when its ledger is this long: then some orders wait for a barista, some are in the middle of a
/// step, and some have not been placed.
const STEP_RUNS_BEFORE_THE_KILL: usize = 18;

/// Time between two attendees in the queue.
const QUEUE: Duration = Duration::from_millis(300);

/// Time without any bar.
const DARKNESS: Duration = Duration::from_secs(1);

/// More than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The orders of the day. Dennis is in a hurry.
pub(crate) fn orders() -> Vec<Order> {
    let order = |attendee: &str, drink: &str, patience_seconds| Order {
        id: format!("{}-1", attendee.to_lowercase()),
        attendee: attendee.to_owned(),
        drink: drink.to_owned(),
        patience_seconds,
    };
    vec![
        order("Ada", "espresso", 120),
        order("Dennis", "decaf", 3),
        order("Grace", "flat white", 120),
        order("Edsger", "oat cappuccino", 120),
        order("Barbara", "cortado", 120),
    ]
}

/// Opens the bar with a simulated barista, and closes it when all orders are done.
///
/// It does not ask whether it was killed before: an order that was placed then is the same order now.
pub(crate) async fn serve(bar: &Bar) -> anyhow::Result<()> {
    let engine = open(bar).await?;
    let served = async {
        let mut runs = Vec::new();
        for order in orders() {
            let name = order.id.clone();
            runs.push(engine.start(serve_coffee(order)).name(name).await?);
            sleep(QUEUE).await;
        }
        for run in &runs {
            // That an attendee goes without is a result too; that the bar can't go on is not.
            run.output().await?.ok();
        }
        anyhow::Ok(())
    };
    tokio::select! {
        served = served => served,
        stopped = barista::work(&engine, bar) => stopped,
    }
}

/// Runs the whole demonstration, with the bar in processes of its own.
pub(crate) async fn run(bar: &Bar) -> anyhow::Result<()> {
    println!(
        "A coffee bar opens in a process of its own. Its orders are kept in one file, {}.\n",
        bar.store().display()
    );
    let mut first = start_process(bar)?;
    while bar.ledger()?.len() < STEP_RUNS_BEFORE_THE_KILL {
        ensure!(first.try_wait()?.is_none(), "the bar closed before it could be killed");
        sleep(Duration::from_millis(5)).await;
    }
    first.kill().await?;

    let (done, under_way) = count_orders(bar)?;
    let runs = bar.ledger()?.len();
    println!("\n  SIGKILL  after {runs} step runs: {done} done, {under_way} under way, of {} orders", orders().len());
    ensure!(under_way > 0, "the kill came too late to interrupt an order");
    sleep(DARKNESS).await;
    println!("           the same program starts again on the same file, and places the same orders\n");

    let mut second = start_process(bar)?;
    let status = timeout(PATIENCE, second.wait()).await.context("the orders were not done in time")??;
    ensure!(status.success(), "the bar closed with {status}");
    report(bar).await
}

/// Starts this program again, as the bar. Does not outlive what is returned.
fn start_process(bar: &Bar) -> anyhow::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--serve").arg(bar.folder()).kill_on_drop(true).spawn().context("the bar does not open")
}

/// How many orders are done, and how many are under way, as the file says.
fn count_orders(bar: &Bar) -> anyhow::Result<(usize, usize)> {
    let orders = SqliteStore::open(bar.store(), SqliteOptions::default())?.list(&Query::default())?;
    let under_way = orders.iter().filter(|order| order.status == ExecutionStatus::Running).count();
    Ok((orders.len() - under_way, under_way))
}

/// Shows what became of the orders, and checks it against the ledger.
async fn report(bar: &Bar) -> anyhow::Result<()> {
    let engine = open(bar).await?;
    let (mut proof, mut rows, mut histories) = (Proof::new(bar.ledger()?), Vec::new(), Vec::new());
    for order in orders() {
        let run = engine.start(serve_coffee(order.clone())).name(order.id.clone()).await?;
        let (outcome, history) = (run.result().await, engine.history(run.id()).await?);
        proof.add(&order.id, &history);
        rows.push(table::Row::new(&order, &outcome, &history));
        histories.push((order, history));
    }
    println!("\nEvery order has come to its end:\n{}\n", table::orders(rows));
    if let Some((order, history)) = histories.iter().find(|(_, history)| was_interrupted(history)) {
        println!("The whole history of {}'s {}:\n{}\n", order.attendee, order.drink, table::history(history));
    }
    println!("{}\n", proof.table());
    proof.check()?;
    println!("No step ran again after its outcome was recorded. ✓");
    println!("Be the barista yourself: cargo run --example coffee -- --interactive");
    Ok(())
}

fn was_interrupted(history: &[Event]) -> bool {
    history.iter().any(|event| matches!(event.kind, EventKind::InvocationCompleted { error: Some(_), .. }))
}
