//! You are the barista.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use anyhow::{Context, bail};
use durable::store::Query;
use durable::{Engine, ExecutionStatus};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::bar::{Bar, Request, Wanted};
use crate::barista::{Answer, answer};
use crate::demo::orders;
use crate::order::Order;
use crate::{open, serve_coffee};

const HELP: &str = "  accept 1            take order 1
  complete 1          hand over order 1
  cancel 1 no milk    give order 1 back, and say why
  board               what there is to do
  quit                close the bar; Ctrl-C and `kill -9` do as well";

/// Long enough to type.
const PATIENCE_SECONDS: u64 = 120;

/// Places the orders and takes the barista's answers from the prompt, until all orders are done.
pub(crate) async fn run(bar: &Bar) -> anyhow::Result<()> {
    let engine = open(bar).await?;
    println!("The bar is open; its orders are kept in {}. You are the barista:\n{HELP}\n", bar.store().display());
    tokio::select! {
        done = all_orders(&engine) => done,
        failed = announce(&engine, bar) => failed,
        quit = prompt(&engine, bar) => quit,
    }
}

async fn all_orders(engine: &Engine) -> anyhow::Result<()> {
    let mut runs = JoinSet::new();
    for order in orders() {
        let order = Order { patience_seconds: PATIENCE_SECONDS, ..order };
        let run = engine.start(serve_coffee(order.clone())).name(order.id).await?;
        runs.spawn(async move { (order.attendee, run.result().await) });
    }
    while let Some(ended) = runs.join_next().await {
        match ended? {
            (attendee, Ok(coffee)) => println!("  done     {attendee}: order {}, {}", coffee.number, coffee.drink),
            (attendee, Err(error)) => println!("  done     {attendee}: no coffee ({error})"),
        }
    }
    println!("\nAll orders are done.");
    Ok(())
}

/// Shows requests as they come to the board.
async fn announce(engine: &Engine, bar: &Bar) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    loop {
        for request in open_requests(engine, bar).await?.values() {
            if seen.insert(request.callback.clone()) {
                show(request);
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What the orders that are under way were last waiting for, by number.
async fn open_requests(engine: &Engine, bar: &Bar) -> anyhow::Result<BTreeMap<usize, Request>> {
    let under_way = Query::new().status(ExecutionStatus::Running);
    let under_way: HashSet<_> = engine.list(under_way).await?.iter().map(|order| order.name.to_string()).collect();
    let requests = bar.board()?.into_iter().filter(|request| under_way.contains(&request.order.id));
    Ok(requests.map(|request| (request.number, request)).collect())
}

fn show(Request { wanted, number, order, callback: _ }: &Request) {
    let (attendee, drink) = (&order.attendee, &order.drink);
    match wanted {
        Wanted::Acceptance => {
            println!("  board    order {number}: {attendee} would like one {drink} (accept {number}?)")
        }
        Wanted::CoffeeBy { .. } => println!("  board    order {number}: make the {drink} (complete {number}?)"),
    }
}

async fn prompt(engine: &Engine, bar: &Bar) -> anyhow::Result<()> {
    let mut lines = lines_of_stdin();
    while let Some(line) = lines.recv().await {
        match line.trim() {
            "quit" => break,
            "board" => open_requests(engine, bar).await?.values().for_each(show),
            "" | "help" => println!("{HELP}"),
            command => {
                if let Err(error) = obey(engine, bar, command).await {
                    println!("  {error}");
                }
            }
        }
    }
    Ok(())
}

/// Reads on a thread that nobody waits for: the program may end while it still waits for a line.
fn lines_of_stdin() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let lines = std::io::stdin().lines();
        lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    receiver
}

/// Answers the request that a command is about.
async fn obey(engine: &Engine, bar: &Bar, command: &str) -> anyhow::Result<()> {
    let mut words = command.splitn(3, ' ');
    let (verb, number) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let number: usize = number.parse().with_context(|| format!("what is that?\n{HELP}"))?;
    let requests = open_requests(engine, bar).await?;
    let request = requests.get(&number).with_context(|| format!("nobody waits for order {number}"))?;
    let reply = match (verb, &request.wanted) {
        ("cancel", _) => Answer::No { reason: words.next().unwrap_or("no reason given").to_owned() },
        ("accept", Wanted::Acceptance) | ("complete", Wanted::CoffeeBy { .. }) => {
            Answer::Yes { barista: "you".to_owned() }
        }
        ("accept", _) => bail!("order {number} is yours already: complete {number}"),
        ("complete", _) => bail!("nobody has taken order {number} yet: accept {number}"),
        _ => bail!("what is that?\n{HELP}"),
    };
    if !answer(engine, request, &reply).await? {
        println!("  too late: {} does not wait any more", request.order.attendee);
    }
    Ok(())
}
