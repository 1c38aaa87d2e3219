//! A link expires ten minutes after "now", and each replay has another now.

use std::time::{Duration, SystemTime};

use durable::prelude::*;

#[step]
async fn mail(address: &str, valid_until: SystemTime) -> Result<(), String> {
    Err(format!("no post to {address} until {valid_until:?}"))
}

#[durable]
async fn invite(address: String) -> Result<(), String> {
    let valid_until = SystemTime::now() + Duration::from_secs(600);
    mail(&address, valid_until).await?;
    sleep(minutes(10)).await;
    Ok(())
}

fn main() {}
