//! Many clients at once, and a service that is killed among them: nothing is lost, and nothing is an error but that there
//! is no service for a while.
//!
//! `SECONDS=60 cargo test --release -p server-tests load -- --nocapture` does so for longer. It prints how many requests of
//! each kind were answered, and how fast: a request that had to be sent again, because the service was killed, is not
//! counted.

mod client;
mod customer;
mod figures;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::process::Process;
use client::Client;
use customer::Customer;
use figures::Figures;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_nothing_is_lost_when_the_server_is_killed() {
    let (seconds, customers) = (from_environment("SECONDS", 4), from_environment("CLIENTS", 200));
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.db");
    let first = Process::start(&store).await;
    let (service, current) = watch::channel(Some(first.endpoint.clone()));
    let figures = Arc::new(Figures::default());
    let client = Client::new(current, Arc::clone(&figures));
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut working = JoinSet::new();
    for number in 0..customers {
        working.spawn(Customer::new(number, client.clone()).work(until));
    }
    tokio::time::sleep(Duration::from_secs(seconds) / 2).await;
    // From here on there is no service; then there is another one, elsewhere.
    service.send_replace(None);
    first.kill().await;
    let second = Process::start(&store).await;
    service.send_replace(Some(second.endpoint.clone()));
    let mut started = 0;
    while let Some(count) = working.join_next().await {
        started += count.unwrap();
    }
    let listed = all(&client).await;
    assert_eq!(listed.len(), started, "one execution for each name");
    for execution in &listed {
        assert_eq!(execution["status"], "SUCCEEDED", "{execution}");
    }
    println!("{customers} clients, {started} executions, a kill after {} s", seconds / 2);
    println!("{figures}");
}

/// All executions that there are.
async fn all(client: &Client) -> Vec<Value> {
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get("count", &format!("/durable/v1/executions?limit=1000&cursor={cursor}")).await.body;
        listed.extend(page["executions"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return listed,
        }
    }
}
