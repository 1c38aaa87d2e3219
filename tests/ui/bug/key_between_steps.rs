//! The key that should make a charge happen once is another one on each replay.

use durable::prelude::*;
use uuid::Uuid;

#[step]
async fn charge(key: Uuid) -> Result<u32, String> {
    Err(format!("no bank for {key}"))
}

#[durable]
async fn pay() -> Result<u32, String> {
    let key = Uuid::new_v4();
    charge(key).await
}

fn main() {}
