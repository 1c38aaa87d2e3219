//! Durable functions that meet the limits of Lambda, or are deployed under other names, or with other code.

use std::time::Duration;

use durable::prelude::*;
use durable::{CallbackError, ErrorObject, Functions, InvokeError};
use durable_conformance::Scratch;

/// Their names.
pub const NAMES: [&str; 12] = [
    "slow_steps",
    "large_result",
    "wide",
    "long_and_short",
    "heavy",
    "doubled",
    "asks_another",
    "redeployed",
    "timed_invoke",
    "quick_steps",
    "once_each",
    "sign",
];

/// The functions.
pub fn functions() -> Functions {
    Functions::new()
        .register(slow_steps)
        .register(large_result)
        .register(wide)
        .register(long_and_short)
        .register(heavy)
        .register(doubled)
        .register(asks_another)
        .register(redeployed)
        .register(timed_invoke)
        .register(quick_steps)
        .register(once_each)
        .register(sign)
}

async fn slow(scratch: &Scratch, number: u32) -> u64 {
    tokio::time::sleep(Duration::from_millis(600)).await;
    scratch.count(&format!("slow-{number}")).unwrap_or_default()
}

/// More steps than one short invocation has time for; how often each of them ran.
#[durable]
async fn slow_steps(count: u32, State(scratch): State<Scratch>) -> Vec<u64> {
    let mut runs = Vec::new();
    for number in 0..count {
        #[step]
        let times = slow(&scratch, number).await;
        runs.push(times);
    }
    runs
}

async fn letters(count: usize) -> String {
    "x".repeat(count)
}

/// A result that is larger than what Lambda lets a function answer.
#[durable]
async fn large_result(bytes: usize) -> String {
    "x".repeat(bytes)
}

async fn double(number: u32) -> u32 {
    number * 2
}

/// More operations at once than one checkpoint takes.
#[durable]
async fn wide(count: u32) -> Result<u32, String> {
    let numbers: Vec<u32> = (0..count).collect();
    let doubled = map(&numbers, async |number| {
        #[step]
        let doubled = double(*number).await;
        Ok::<u32, String>(doubled)
    });
    Ok(doubled.await?.into_iter().sum())
}

async fn takes(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// A timer that is over while a step still runs.
#[durable]
async fn long_and_short(seconds_each: u64) -> () {
    join((
        async {
            #[step(name = "long")]
            takes(seconds_each * 4).await;
        },
        async {
            sleep(seconds(seconds_each)).await;
            #[step(name = "after-the-timer")]
            takes(0).await;
        },
    ))
    .await;
}

/// More recorded bytes than one invocation is given.
#[durable]
async fn heavy(count: u32) -> usize {
    let mut bytes = 0;
    for _ in 0..count {
        #[step]
        let text = letters(1_000_000).await;
        bytes += text.len();
    }
    sleep(seconds(1)).await;
    bytes
}

/// What another function invokes, whatever it is called where it is deployed.
#[durable]
async fn doubled(number: u32) -> u32 {
    number * 2
}

/// Invokes a function that is deployed under another name.
#[durable]
async fn asks_another(number: u32) -> Result<u32, InvokeError> {
    doubled(number).invoke().await
}

/// Code that is another in each invocation, as when a version is changed in place.
#[durable]
async fn redeployed(number: u32, State(scratch): State<Scratch>) -> u64 {
    if scratch.count("redeployed").unwrap_or_default() == 1 {
        #[step(name = "before")]
        let result = slow(&scratch, number).await;
        sleep(seconds(1)).await;
        result
    } else {
        #[step(name = "after")]
        let result = slow(&scratch, number).await;
        result
    }
}

/// An invoke with a timeout, which Lambda has no place for.
#[durable]
async fn timed_invoke(bytes: usize) -> Result<String, InvokeError> {
    large_result(bytes).invoke().timeout(hours(1)).await
}

/// Steps that take no time, one after the other.
#[durable]
async fn quick_steps(count: u32) -> u32 {
    let mut sum = 0;
    for number in 0..count {
        #[step]
        let doubled = double(number).await;
        sum += doubled;
    }
    sum
}

/// How often an attempt began that must not begin twice.
async fn begins(scratch: &Scratch, number: u32) -> anyhow::Result<u64> {
    Ok(scratch.count(&format!("once-{number}")).unwrap_or_default())
}

/// Steps that run once or not at all: how often each of them began.
#[durable]
async fn once_each(count: u32, State(scratch): State<Scratch>) -> anyhow::Result<Vec<u64>> {
    let mut begun = Vec::new();
    for number in 0..count {
        #[step(at_most_once, retry(none))]
        let times = begins(&scratch, number).await?;
        begun.push(times);
    }
    Ok(begun)
}

async fn try_twice(order: u32) -> Result<String, String> {
    if durable::attempt() == 1 { Err("busy".to_owned()) } else { Ok(format!("order {order}")) }
}

/// A step that is tried again, a wait, and a callback.
#[durable]
pub async fn sign(order: u32) -> Result<String, CallbackError> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    let number = try_twice(order).await.map_err(|error| CallbackError::Failed(ErrorObject::new("Number", error)));
    let number = number?;
    sleep(seconds(1)).await;
    let signature = wait_for_callback(async |_id| ()).timeout(minutes(1)).await_callback::<String>()?;
    Ok(format!("{number} signed by {signature}"))
}
