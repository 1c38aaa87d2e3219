//! What the lints say to write instead, as it is written there: it compiles, and no lint minds it.
#![allow(dead_code, unused_variables, clippy::all, reason = "it only has to compile")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use durable::prelude::*;
use durable::{map, race, try_join};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use uuid::Uuid;

static COUNTER: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    parcels: Vec<u32>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Receipt;

#[derive(Clone)]
struct Config;

#[derive(Clone)]
struct App;

/// The clock of another crate.
struct Utc;

impl Utc {
    fn now() -> u32 {
        7
    }
}

type Outcome<T> = Result<T, String>;

#[step]
async fn weigh(parcel: u32) -> u32 {
    parcel
}

#[step]
async fn print_label(parcel: &u32) -> u32 {
    *parcel
}

async fn price(order: &Order) -> Outcome<u32> {
    Ok(order.parcels.len() as u32)
}

async fn quote(order: &Order) -> Outcome<u32> {
    price(order).await
}

async fn charge(quote: u32) -> Outcome<u32> {
    Ok(quote)
}

#[rustfmt::skip]
#[step] fn report(order: &Order) { println!("{}", order.parcels.len()) }

#[durable]
async fn instants_and_chance(order: Order) -> u32 {
    #[step]
    let now = Utc::now();
    let later = durable::now().await;
    #[step]
    let token = Uuid::new_v4();
    let (id, part) = (durable::uuid().await, durable::random().await);
    sleep(minutes(1)).await;
    sleep(minutes(5)).named("longer").await;
    sleep(hours(1)).named("sleep_again").await;
    let _waited = wait_for_callback(async |id| println!("{id}")).timeout(hours(1)).await_callback::<u32>();
    now + order.parcels.len() as u32
}

#[durable]
async fn five_minutes() {
    sleep(minutes(5)).await;
}

#[durable]
async fn values_of_the_process(State(config): State<Config>) -> Outcome<String> {
    #[step]
    let bucket = std::env::var("BUCKET").ok();
    #[step]
    let menu = std::fs::read_to_string("menu.json").map_err(|error| error.to_string())?;
    #[step]
    let number = COUNTER.fetch_add(1, Ordering::SeqCst);
    if number > 9 {
        return Err(menu);
    }
    Ok(format!("{bucket:?} {menu} {number}"))
}

#[durable]
async fn place_order(order: Order) -> Receipt {
    tracing::info!("{}", order.parcels.len());
    report(&order).await;
    #[durable(allow(output, reason = "it is a demonstration"))]
    println!("{}", order.parcels.len());
    Receipt
}

#[durable]
async fn with_state(State(app): State<App>, order: Order) -> Outcome<u32> {
    #[step]
    let quote = quote(&order).await?;
    #[step]
    let receipt = charge(quote).await?;
    #[step]
    let price = price(&order).await?;
    Ok(receipt + price)
}

#[durable]
async fn priced(order: Order) -> Outcome<u32> {
    #[step]
    let price = price(&order).await;
    let value = price.clone()?;
    let total = weigh(value).await;
    let text = format!("{price:?}");
    price
}

#[durable]
async fn combined(items: Vec<u32>, order: Order) -> u32 {
    let (a, b) = (async { 1 }, async { 2 });
    let both = join((a, b)).await;
    let (a, b) = (async { 1 }, async { 2 });
    let first = race((a, b)).await;
    let named = join((async { weigh(1).await }, async { weigh(2).await })).await;
    let fast = race((async { weigh(1).await }, async { weigh(2).await })).await;
    let tried = try_join((async { Ok::<_, String>(1) }, async { Ok(2) })).await;
    let weights = map(&items, async |item| weigh(*item).await).await;
    let labels = map(&order.parcels, async |parcel| print_label(parcel).await).await;
    let others = map(items, async |item| weigh(item).await).await;
    #[step]
    let value = async { timeout(Duration::from_secs(1), charge(1)).await.ok() }.await;
    let reserved = async { weigh(1).await }.await;
    #[step(name = "total")]
    Vec::from([1]).iter().sum::<u32>();
    weigh(2).named("total of all").await
}

#[step]
async fn hash(text: String) -> usize {
    durable::blocking(move || text.len()).await
}

/// What a page or a message shows in backticks, if it is code. What stands for the user's own code is left out of it.
fn is_code(text: &str) -> bool {
    text.contains(['(', ';']) && !text.starts_with('.') && text.chars().any(char::is_alphabetic)
}

/// The code in backticks.
fn code(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split('`').skip(1).step_by(2);
    parts.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|part| is_code(part))
}

/// Whether the pieces between the gaps of a text stand in this order, not far from each other.
fn stands(code: &str, in_source: &str) -> bool {
    let mut pieces = code.split(['…', '{', '}']).map(str::trim).filter(|piece| !piece.is_empty());
    let Some(first) = pieces.next() else { return true };
    in_source.match_indices(first).any(|(at, _)| {
        let mut left = in_source.get(at..at + 300.min(in_source.len() - at)).unwrap_or_default();
        pieces.clone().all(|piece| match left.split_once(piece) {
            Some((_, after)) => {
                left = after;
                true
            }
            None => false,
        })
    })
}

#[test]
fn what_the_lints_say_to_write_compiles() {
    let source = include_str!("advice.rs");
    let source = source.split("/// What a page").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let page = include_str!("../../docs/lints.md");
    let advice = page.split("*Use instead:*").skip(1).map(|rest| rest.split("\n\n").next().unwrap_or_default());
    let mut said: Vec<String> = advice.flat_map(code).collect();
    for file in std::fs::read_dir("durable-macros/src/lint").unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap().replace("\\\"", "\"");
        let helps = text.split("help(\"").skip(1).map(|rest| rest.split("\")").next().unwrap_or_default());
        said.extend(helps.flat_map(code));
    }
    assert!(said.len() > 40, "only {} pieces of code were found", said.len());
    let missing: Vec<&String> = said.iter().filter(|code| !stands(code, &source)).collect();
    assert!(missing.is_empty(), "not in tests/it/advice.rs: {missing:#?}");
}
