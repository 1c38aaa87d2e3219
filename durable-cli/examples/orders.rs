//! A program with a command line of its own: `cargo run -p durable-cli --example orders -- serve`, and from another
//! terminal `… -- start place_order '"tea"' --name order-42`.

use durable::prelude::*;

/// Waits a while, then for a signature.
#[durable]
async fn place_order(item: String) -> Result<String, String> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    let receipt = charge(&item)?;
    let signature = wait_for_callback(async |_id| {}).timeout(days(7)).await_callback::<String>();
    Ok(format!("{receipt}, signed by {}", signature.map_err(|error| error.to_string())?))
}

fn charge(item: &str) -> Result<String, String> {
    if item == "gold" { Err("no gold left".to_owned()) } else { Ok(format!("receipt for {item}")) }
}

/// Sleeps for so many seconds.
#[durable(version = "2")]
async fn nap(seconds: u32) -> u32 {
    sleep(durable::seconds(seconds.into())).await;
    seconds
}

#[durable]
async fn double(number: u32) -> Result<u32, String> {
    #[step(retry(none))]
    let doubled = number.checked_mul(2).ok_or_else(|| format!("{number} is too large"))?;
    Ok(doubled)
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let store = std::env::var("ORDERS_STORE").unwrap_or_else(|_| "orders.db".to_owned());
    durable::main(Engine::open(store).register(place_order).register(nap).register(double)).await
}
