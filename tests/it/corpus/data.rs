//! Helpers, closures, generic calls, and state.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use durable::prelude::*;
use uuid::Uuid;

use super::world::{Order, Parcel, parse, total, weigh};

#[derive(Clone)]
struct App {
    client: Arc<Client>,
    currency: &'static str,
}

struct Client {
    base: String,
}

impl Client {
    async fn get(&self, path: &str) -> anyhow::Result<String> {
        Ok(format!("{}{path}", self.base))
    }

    fn request(&self, path: &str) -> Request<'_> {
        Request { client: self, path: path.to_owned(), tries: 1 }
    }
}

struct Request<'a> {
    client: &'a Client,
    path: String,
    tries: u32,
}

impl Request<'_> {
    fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    async fn send(self) -> Result<(String, u32), String> {
        Ok((format!("{}{}", self.client.base, self.path), self.tries))
    }
}

fn largest<T: Ord + Copy>(items: &[T]) -> Option<T> {
    items.iter().copied().max()
}

fn apply<A, B>(value: A, change: impl FnOnce(A) -> B) -> B {
    change(value)
}

async fn load<T: std::str::FromStr + Default>(text: &str) -> T {
    parse(text).unwrap_or_default()
}

#[step]
fn join_all<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[durable]
async fn with_state(State(app): State<App>, path: String) -> anyhow::Result<String> {
    #[step]
    let body = app.client.get(&path).await?;
    Ok(format!("{body} {}", app.currency))
}

#[durable]
async fn with_builder(State(app): State<App>, path: String) -> Result<u32, String> {
    #[step]
    let (text, tries) = app.client.request(&path).tries(3).send().await?;
    Ok(text.len() as u32 + tries)
}

#[durable]
async fn generic_helpers(order: Order) -> u64 {
    let ids: Vec<u64> = order.parcels.iter().map(|parcel| parcel.id).collect();
    let largest = largest(&ids).unwrap_or(0);
    #[step]
    let loaded: u64 = load("17").await;
    #[step(name = "turbofish")]
    let again = load::<u32>("18").await;
    let joined = join_all(&ids).await;
    apply(joined.len() as u64, |length| length + largest + loaded + u64::from(again))
}

#[durable]
async fn borrowing_closures(order: Order) -> u32 {
    let factor = order.parcels.len() as u32;
    let scale = |weight: u32| weight * factor;
    let mut sum = 0;
    let mut add = |weight: u32| sum += weight;
    for parcel in &order.parcels {
        add(scale(parcel.weight));
    }
    let weights = map(&order.parcels, async |parcel| {
        #[step]
        let weight = weigh(parcel).await;
        scale(weight)
    })
    .await;
    sum + weights.iter().sum::<u32>()
}

#[durable]
async fn captures_in_branches(order: Order) -> usize {
    let prefix = format!("order {}", order.id);
    let parcels = &order.parcels;
    let (names, heavy) = join((
        async {
            #[step]
            let name = prefix.to_uppercase();
            name
        },
        async { parcels.iter().filter(|parcel| parcel.weight > 3).count() },
    ))
    .await;
    names.len() + heavy + prefix.len()
}

#[durable]
async fn hashing(orders: Vec<Order>) -> BTreeMap<String, u32> {
    let mut by_customer: HashMap<&str, u32> = HashMap::new();
    for order in &orders {
        *by_customer.entry(order.customer.as_str()).or_default() += total(order);
    }
    let seen: HashSet<u64> = orders.iter().map(|order| order.id).collect();
    let duplicates = orders.len() - seen.len();
    let mut result: BTreeMap<String, u32> = by_customer.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect();
    if duplicates > 0 {
        sleep(seconds(duplicates as u64)).await;
        result.insert("duplicates".to_owned(), duplicates as u32);
    }
    result
}

#[durable]
async fn ids(count: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for _ in 0..count {
        #[step]
        let id = Uuid::new_v4();
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    ids
}

#[durable]
async fn chunks(parcels: Vec<Parcel>) -> Vec<u32> {
    let mut sums = Vec::new();
    for chunk in parcels.chunks(10) {
        let weights = map(chunk, async |parcel| {
            #[step]
            weigh(parcel).await
        })
        .max_concurrency(2)
        .await;
        sums.push(weights.into_iter().sum());
        sleep(seconds(1)).await;
    }
    sums
}

#[durable]
async fn tuples_and_structs(pair: (u32, String), parcel: Parcel) -> (u32, Parcel) {
    let (number, ref text) = pair;
    let Parcel { id, weight: mut heavy } = parcel;
    #[step]
    let extra = text.len();
    heavy += extra as u32;
    (number, Parcel { id, weight: heavy })
}

#[durable]
async fn many_arguments(a: u8, b: String, c: Option<Vec<u32>>, d: [u8; 3], e: bool, f: f64, g: char) -> String {
    let text = format!("{a}{b}{c:?}{d:?}{e}{f}{g}");
    sleep(seconds(text.len() as u64)).await;
    text
}

#[durable]
async fn nothing() {}
