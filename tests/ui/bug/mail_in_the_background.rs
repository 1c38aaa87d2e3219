//! A mail is sent by a task that nobody waits for: it is lost with the process, and sent again by each replay.

use durable::prelude::*;

async fn mail(address: String) {
    let _ = address;
}

#[durable]
async fn welcome(address: String) {
    tokio::spawn(mail(address));
    sleep(days(1)).await;
}

fn main() {}
