//! A server that is killed, and started again on the same store.

use std::time::Duration;

use serde_json::{Value, json};
use server_tests::client::Client;

use crate::process::Process;

async fn ended(client: &Client, arn: &str) -> Value {
    loop {
        let execution = client.get(arn).await.unwrap();
        if execution["Status"] != "RUNNING" {
            return execution;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.db");
    let first = Process::start(&store).await;
    let client = Client::new(&first.endpoint);
    let mut arns = Vec::new();
    for _ in 0..10 {
        let steps = json!({ "do": "steps", "folder": "/" });
        arns.push(client.invoke("process", "Event", &steps).await.unwrap().0);
        arns.push(client.invoke("naps", "Event", &json!(1)).await.unwrap().0);
    }
    // Some have just begun, some wait, some are about to be told to go on.
    first.kill().await;
    let second = Process::start(&store).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    second.kill().await;
    let third = Process::start(&store).await;
    let client = Client::new(&third.endpoint);
    for arn in &arns {
        let execution = ended(&client, arn).await;
        assert_eq!(execution["Status"], "SUCCEEDED", "{execution}");
        let history = client.history(arn).await.unwrap();
        let ids: Vec<_> = history.iter().map(|event| event["EventId"].as_u64().unwrap()).collect();
        assert!(ids.iter().copied().eq(1..=ids.len() as u64), "{ids:?}");
        let steps = history.iter().filter(|event| event["EventType"] == "StepSucceeded").count();
        assert!(steps <= 1, "{history:?}");
    }
}
