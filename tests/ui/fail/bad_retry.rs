use durable::prelude::*;

#[step(retry(initial_delay = "5 seconds"))]
fn words() {}

#[step(retry(initial_delay = 5))]
fn number() {}

#[step(retry(max_attempts = 0))]
fn never() {}

#[step(retry(backoff_rate = 0.5))]
fn faster() {}

#[step(retry(jitter = some))]
fn some() {}

#[step(retry)]
fn bare() {}

fn main() {
    let _ = (words(), number(), never(), faster(), some(), bare());
}
