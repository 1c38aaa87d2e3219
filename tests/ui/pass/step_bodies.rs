//! What a step on a line may borrow and give away: places outside, temporaries of its own, and anything that can be
//! awaited.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Future, IntoFuture, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use durable::prelude::*;

struct Client {
    base: String,
}

impl Client {
    async fn get(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn request(&self, path: &str) -> Request {
        Request(format!("{}{path}", self.base))
    }

    fn boxed<'a>(&'a self, path: &'a str) -> Pin<Box<dyn Future<Output = String> + Send + 'a>> {
        Box::pin(self.get(path))
    }
}

struct Request(String);

impl IntoFuture for Request {
    type Output = String;
    type IntoFuture = Ready<String>;

    fn into_future(self) -> Ready<String> {
        ready(self.0)
    }
}

struct Card {
    number: String,
}

struct Order {
    card: Card,
    lines: Vec<u32>,
}

async fn charge(card: &Card, amounts: &[u32]) -> usize {
    card.number.len() + amounts.len()
}

async fn pair((left, right): (&str, u32)) -> String {
    format!("{left}{right}")
}

async fn generic<T: Default>(_: u32) -> T {
    T::default()
}

fn path() -> String {
    "/orders".to_owned()
}

#[durable]
async fn bodies(State(client): State<Arc<Client>>, number: u32, text: String) -> usize {
    let order = Order { card: Card { number: text.clone() }, lines: vec![number] };
    let shared = Rc::new(RefCell::new(HashMap::from([(number, text.clone())])));

    #[step(name = "place")]
    let place = client.get(&text).await;
    #[step(name = "temporary")]
    let temporary = client.get(&path()).await;
    #[step(name = "formatted")]
    let formatted = client.get(&format!("/{number}")).await;
    #[step(name = "borrowed from a temporary")]
    let chained = Client { base: path() }.get(path().trim()).await;
    #[step(name = "into future")]
    let request = client.request(&text).await;
    #[step(name = "boxed")]
    let boxed = client.boxed(&text).await;
    #[step(name = "fields")]
    let fields = charge(&order.card, &order.lines).await;
    #[step(name = "slice")]
    let slice = charge(&order.card, &order.lines[..1]).await;
    #[step(name = "tuple")]
    let tuple = pair((&text, number + 1)).await;
    #[step(name = "guard")]
    let guard = charge(&order.card, &[shared.borrow().len() as u32]).await;
    #[step(name = "inferred from the let")]
    let typed: Vec<u8> = generic(number).await;
    #[step(name = "inferred from a turbofish")]
    let turbofish = generic::<String>(number).await;
    #[step(name = "block")]
    let block = async { client.get(&text).await.len() + number as usize }.await;
    #[step(name = "no await")]
    let plain = text.trim().len();
    #[step(name = "no await, moved")]
    let moved = String::from(text).len();

    [place, temporary, formatted, chained, request, boxed, tuple, turbofish].concat().len()
        + fields
        + slice
        + guard
        + typed.len()
        + block
        + plain
        + moved
}

fn main() {
    let _ = bodies(1, String::new());
}
