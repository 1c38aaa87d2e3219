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

#[step(retry(only = "Timeout"))]
fn one_name() {}

#[step(retry(only = []))]
fn no_name() {}

#[step(retry)]
fn bare() {}

fn main() {
    let _ = (words(), number(), never(), faster(), some(), one_name(), no_name(), bare());
}
