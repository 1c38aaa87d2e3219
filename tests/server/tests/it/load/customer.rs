//! One client: it orders, answers, lists and looks, and in the end it wants all that it ordered.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::Client;
use crate::bench::path_of;

pub(super) struct Customer {
    number: u64,
    client: Client,
    /// How many executions it has started.
    started: usize,
    /// The orders that nobody has answered.
    open: VecDeque<Order>,
    answered: Vec<Order>,
}

struct Order {
    number: u64,
    path: String,
}

impl Customer {
    pub(super) fn new(number: u64, client: Client) -> Self {
        Self { number, client, started: 0, open: VecDeque::new(), answered: Vec::new() }
    }

    /// Works until then, waits for the end of everything, and says how many executions it has started.
    pub(super) async fn work(mut self, until: Instant) -> usize {
        while Instant::now() < until {
            self.order().await;
            self.double().await;
            self.list().await;
            self.answer().await;
        }
        while !self.open.is_empty() {
            self.answer().await;
        }
        for order in &self.answered {
            self.receive(order).await;
        }
        self.started
    }

    fn name(&mut self) -> (u64, String) {
        self.started += 1;
        let number = self.number * 1_000_000 + self.started as u64;
        (number, format!("order-{number}"))
    }

    async fn order(&mut self) {
        let (number, name) = self.name();
        let answer = self.client.start("order", "Event", &name, number).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        self.open.push_back(Order { number, path: path_of(&answer.arn.unwrap()) });
    }

    async fn double(&mut self) {
        let (number, name) = self.name();
        let answer = self.client.start("double", "RequestResponse", &name, number).await;
        assert_eq!((answer.status, answer.body), (200, json!(number * 2)));
    }

    async fn list(&self) {
        let function = if self.started.is_multiple_of(2) { "order" } else { "double" };
        let path = format!("/2025-12-01/functions/{function}/durable-executions?Statuses=RUNNING&MaxItems=20");
        let answer = self.client.get("list", &path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Answers the oldest order that is open, if it has come as far as to ask.
    async fn answer(&mut self) {
        let Some(order) = self.open.pop_front() else { return };
        let events = self.history(&order).await;
        let id = events.iter().find_map(|event| event["CallbackStartedDetails"]["CallbackId"].as_str());
        let Some(id) = id else { return self.open.push_back(order) };
        let path = format!("/2025-12-01/durable-execution-callbacks/{}/succeed", id.replace('/', "%2F"));
        let answer = self.client.post("callback", &path, &json!(format!("paid {}", order.number)).to_string()).await;
        // The one before may have arrived, and only its answer was lost.
        let arrived = answer.again && answer.status == 400;
        assert!(arrived || answer.status == 200, "{}", answer.body);
        self.answered.push(order);
    }

    async fn history(&self, order: &Order) -> Vec<Value> {
        let answer = self.client.get("history", &format!("{}/history", order.path)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["Events"].as_array().unwrap().clone()
    }

    /// Waits for the end of an order, whose history has to be whole.
    async fn receive(&self, order: &Order) {
        let events = loop {
            let events = self.history(order).await;
            if events.last().is_some_and(|event| event["EventType"] == "ExecutionSucceeded") {
                break events;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let Order { number, path } = order;
        assert!(
            events.iter().map(|event| event["EventId"].as_u64().unwrap()).eq(1..=events.len() as u64),
            "{events:?}"
        );
        let count = |kind: &str| events.iter().filter(|event| event["EventType"] == kind).count();
        assert_eq!((count("StepSucceeded"), count("CallbackSucceeded")), (2, 1), "{events:?}");
        let execution = self.client.get("get", path).await.body;
        let result = format!("{}: paid {number}", number * 2);
        assert_eq!(execution["Result"], json!(json!(result).to_string()), "{execution}");
    }
}
