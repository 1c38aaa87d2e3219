//! A coffee bar whose orders survive `kill -9`.
//!
//! `cargo run --example coffee` opens the bar in a process of its own, kills that process in the middle of the orders,
//! opens the bar again, and shows what became of each order. With `--interactive` you are the barista.

mod bar;
mod barista;
mod demo;
mod interactive;
mod lines;
mod order;
mod proof;
mod table;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Parser;
use durable::prelude::*;

use bar::{Bar, BarError};
use order::{Accepted, Coffee, EventConfiguration, Order, OrderError};

/// An order, from the till to the cup. Whatever goes wrong after the cup is reserved is made good here.
#[durable]
async fn serve_coffee(order: Order, State(bar): State<Bar>) -> Result<Coffee, OrderError> {
    #[step]
    let cup = bar.reserve_cup(&order).await?;

    let served = prepare(order.clone()).await;

    if let Err(error) = &served {
        #[step]
        bar.release_cup(&order, cup).await?;
        #[step]
        bar.tell_attendee(&order, error).await?;
    }
    served
}

/// The part of an order that may fail: the rules of the event, a number, and a barista who has time.
#[durable]
async fn prepare(order: Order, State(bar): State<Bar>) -> Result<Coffee, OrderError> {
    let (event, earlier) = join((event_configuration(&bar, &order), count_orders(&bar, &order))).await;
    let limit = event?.coffees_each;
    if earlier? >= limit {
        return Err(OrderError::LimitReached { limit });
    }

    #[step]
    let number = bar.order_number(&order).await?;

    // The execution suspends here: no thread, no memory, no process has to stay for it.
    let accepted = wait_for_callback(async |id| bar.ask_to_accept(&order, number, id).await)
        .timeout(seconds(order.patience_seconds))
        .await_callback::<Accepted>()?;

    let coffee = wait_for_callback(async |id| bar.ask_to_make(&order, number, &accepted.barista, id).await)
        .timeout(minutes(15))
        .await_callback::<Coffee>()?;
    Ok(coffee)
}

/// A step by its definition, so that it can stand in a `join` without a block around it.
#[step]
async fn event_configuration(bar: &Bar, order: &Order) -> Result<EventConfiguration, BarError> {
    bar.event_configuration(order).await
}

#[step]
async fn count_orders(bar: &Bar, order: &Order) -> Result<usize, BarError> {
    bar.count_orders(order).await
}

/// The engine of the bar in this folder. Orders that were under way go on at once.
async fn open(bar: &Bar) -> Result<Engine, durable::StartError> {
    Engine::open(bar.store()).register(serve_coffee).state(bar.clone()).start().await
}

#[derive(Parser)]
#[command(about = "A coffee bar whose orders survive `kill -9`: without options, a demonstration that needs no input")]
struct Options {
    /// Be the barista: accept, cancel and complete orders at a prompt
    #[arg(long)]
    interactive: bool,

    /// Where the bar keeps its files, to come back to after Ctrl-C [default: a new temporary folder]
    #[arg(long, value_name = "PATH", requires = "interactive")]
    folder: Option<PathBuf>,

    /// Print what an order performs, as Mermaid flowcharts, and nothing else
    #[arg(long)]
    plan: bool,

    /// Open the bar in this folder with a simulated barista, until all orders are done: what the demonstration kills
    #[arg(long, hide = true, value_name = "PATH")]
    serve: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { interactive, folder, plan, serve } = Options::parse();
    if plan {
        print!("{}\n{}", durable::plan(serve_coffee).to_mermaid(), durable::plan(prepare).to_mermaid());
        return Ok(());
    }
    if let Some(folder) = serve {
        return demo::serve(&Bar::in_folder(folder)?).await;
    }
    let temporary = tempfile::tempdir()?;
    let bar = Bar::in_folder(folder.unwrap_or_else(|| temporary.path().to_path_buf()))?;
    if interactive { interactive::run(&bar).await } else { demo::run(&bar).await }
}
