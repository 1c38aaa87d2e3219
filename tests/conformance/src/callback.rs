//! Callbacks: results that someone outside delivers.

use durable::SerdesError;
use durable::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::row::{Action, Row, suite};
use crate::serdes::Through;

suite! { "callback":
    delivered DELIVERED, named NAMED, times_out TIMES_OUT, heartbeat_stops HEARTBEAT_STOPS, kept_alive KEPT_ALIVE,
    failed FAILED, failed_after_step FAILED_AFTER_STEP, times_out_after_step TIMES_OUT_AFTER_STEP,
    delivered_during_wait DELIVERED_DURING_WAIT, failed_during_wait FAILED_DURING_WAIT,
    times_out_during_wait TIMES_OUT_DURING_WAIT, then_wait THEN_WAIT, caught_failure CAUGHT_FAILURE,
    caught_timeout CAUGHT_TIMEOUT, object OBJECT, number NUMBER, one_after_the_other ONE_AFTER_THE_OTHER,
    both_open BOTH_OPEN, second_awaited_first SECOND_AWAITED_FIRST,
}

const APPROVED: Action = Action::Succeed { after: 1, payload: Some(r#""approved""#) };
const REFUSED: Action = Action::Fail { after: 1, message: "not approved" };

/// What most callbacks are called: handlers take the name from their input.
const ORDER: &str = r#""order-42""#;

async fn prepare() -> u32 {
    1
}

const DELIVERED: Row = Row::new("4-1", "a callback is completed from outside")
    .input(ORDER)
    .driver(&[APPROVED])
    .events(r#"K0:order-42[Callback] . K+:order-42=`"approved"` . X+=`"approved"`"#);

#[durable]
async fn delivered(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).await;
    callback.await_callback()
}

const NAMED: Row = Row::new("4-2", "a callback has a name that the code gives it")
    .driver(&[APPROVED])
    .events("K0:approval . K+:approval . X+");

#[durable]
async fn named() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named("approval").await;
    callback.await_callback()
}

const TIMES_OUT: Row = Row::new("4-3", "nobody completes it in time")
    .input(ORDER)
    .events("K0:order-42[timeout=5] . Kt=`Callback timed out`!`Callback.Timeout` . X-!`CallbackTimeoutError`");

#[durable]
async fn times_out(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).timeout(seconds(5)).await;
    callback.await_callback()
}

const HEARTBEAT_STOPS: Row = Row::new("4-4", "there is no heartbeat in time")
    .input(ORDER)
    .events("K0:order-42[heartbeat=5] . Kt=`Callback timed out on heartbeat`!`Callback.Heartbeat` . X-");

#[durable]
async fn heartbeat_stops(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).heartbeat_timeout(seconds(5)).await;
    callback.await_callback()
}

// Without the heartbeat the callback would time out before it is completed.
const KEPT_ALIVE: Row = Row::new("4-5", "a heartbeat gives it more time")
    .input(ORDER)
    .driver(&[Action::Heartbeat { after: 5 }, Action::Succeed { after: 7, payload: Some(r#""approved""#) }])
    .events("K0:order-42[heartbeat=10] . K+ . X+");

#[durable]
async fn kept_alive(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).heartbeat_timeout(seconds(10)).await;
    callback.await_callback()
}

const FAILED: Row = Row::new("4-6", "a failure from outside fails the execution")
    .input(ORDER)
    .driver(&[REFUSED])
    .events("K0:order-42 . K-=`not approved`!`RejectedError` . X-=`not approved`");

#[durable]
async fn failed(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).await;
    callback.await_callback()
}

const FAILED_AFTER_STEP: Row = Row::new("4-7", "a callback, a step, and a failure from outside")
    .input(ORDER)
    .driver(&[REFUSED])
    .events("K0:order-42 S0 S+ . K- . X-=`not approved`");

#[durable]
async fn failed_after_step(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).await;
    #[step]
    prepare().await;
    callback.await_callback()
}

const TIMES_OUT_AFTER_STEP: Row =
    Row::new("4-8", "a callback, a step, and a timeout").input(ORDER).events("K0:order-42[timeout=5] S0 S+ . Kt . X-");

#[durable]
async fn times_out_after_step(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).timeout(seconds(5)).await;
    #[step]
    prepare().await;
    callback.await_callback()
}

const DELIVERED_DURING_WAIT: Row = Row::new("4-9", "completed during a wait, which goes on")
    .input(ORDER)
    .driver(&[APPROVED])
    .events(r#"K0:order-42 W0[5] . K+ . W+ . X+=`"approved"`"#);

#[durable]
async fn delivered_during_wait(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).await;
    sleep(seconds(5)).await;
    callback.await_callback()
}

const FAILED_DURING_WAIT: Row = Row::new("4-10", "failed during a wait, which goes on")
    .input(ORDER)
    .driver(&[REFUSED])
    .events("K0:order-42 W0[5] . K- . W+ . X-=`not approved`");

#[durable]
async fn failed_during_wait(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).await;
    sleep(seconds(5)).await;
    callback.await_callback()
}

const TIMES_OUT_DURING_WAIT: Row = Row::new("4-11", "timed out during a wait, which goes on")
    .input(ORDER)
    .events("K0:order-42[timeout=3] W0[6] . Kt . W+ . X-");

#[durable]
async fn times_out_during_wait(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).timeout(seconds(3)).await;
    sleep(seconds(6)).await;
    callback.await_callback()
}

const THEN_WAIT: Row = Row::new("4-12", "a callback, then a wait; the result is replayed twice")
    .input(ORDER)
    .driver(&[APPROVED])
    .events(r#"K0:order-42 . K+ W0[2] . W+ . X+=`"approved"`"#);

#[durable]
async fn then_wait(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).await;
    let answer = callback.await_callback()?;
    sleep(seconds(2)).await;
    Ok(answer)
}

const CAUGHT_FAILURE: Row = Row::new("4-13", "a failure is caught, and replayed after a wait")
    .input(ORDER)
    .driver(&[REFUSED])
    .events(r#"K0:order-42 . K- W0[2] . W+ . X+=`"caught: not approved"`"#);

#[durable]
async fn caught_failure(name: String) -> String {
    let callback = create_callback::<String>().named(name).await;
    let answer = callback.await_callback();
    sleep(seconds(2)).await;
    match answer {
        Ok(answer) => answer,
        Err(error) => format!("caught: {error}"),
    }
}

const CAUGHT_TIMEOUT: Row = Row::new("4-14", "a timeout is caught, and replayed after a wait")
    .input(ORDER)
    .events(r#"K0:order-42[timeout=3] . Kt W0[2] . W+ . X+=`"nobody answered in time"`"#);

#[durable]
async fn caught_timeout(name: String) -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named(name).timeout(seconds(3)).await;
    let answer = callback.await_callback();
    sleep(seconds(2)).await;
    match answer {
        Err(CallbackError::TimedOut) => Ok("nobody answered in time".to_owned()),
        other => other,
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Message {
    id: String,
    message: String,
    timestamp: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Received {
    received: Message,
}

/// Reads the date of a message as the seconds since 1970.
const UNIX_SECONDS: Through = Through {
    write: Ok,
    read: |json| {
        let mut message: Value = serde_json::from_str(&json).map_err(SerdesError::new)?;
        let date = message["timestamp"].as_str().unwrap_or_default();
        let date: jiff::Timestamp = date.parse().map_err(SerdesError::new)?;
        message["timestamp"] = date.as_second().into();
        Ok(message.to_string())
    },
};

const OBJECT: Row = Row::new("4-15", "a serdes reads an object and its date")
    .input(ORDER)
    .driver(&[Action::Succeed {
        after: 1,
        payload: Some(r#"{"id": "7", "message": "hello", "timestamp": "2026-01-01T00:00:00.000Z"}"#),
    }])
    .events(
        r#"K0:order-42 . K+=`{"id": "7", "message": "hello", "timestamp": "2026-01-01T00:00:00.000Z"}` .
           X+=`{"received":{"id":"7","message":"hello","timestamp":1767225600}}`"#,
    );

#[durable]
async fn object(name: String) -> Result<Received, CallbackError> {
    let callback = create_callback::<Message>().named(name).serdes(UNIX_SECONDS).await;
    let received = callback.await_callback()?;
    Ok(Received { received })
}

/// Reads the digits of a text as a number.
const DIGITS: Through = Through {
    write: Ok,
    read: |text| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().map(|number| number.to_string()).map_err(SerdesError::new)
    },
};

#[derive(Debug, Serialize, Deserialize)]
struct Count {
    count: u32,
    doubled: u32,
}

const NUMBER: Row = Row::new("4-16", "a serdes reads a number")
    .input(ORDER)
    .driver(&[Action::Succeed { after: 1, payload: Some("42") }])
    .events(r#"K0:order-42 . K+=`42` . X+=`{"count":42,"doubled":84}`"#);

#[durable]
async fn number(name: String) -> Result<Count, CallbackError> {
    let callback = create_callback::<u32>().named(name).serdes(DIGITS).await;
    let count = callback.await_callback()?;
    Ok(Count { count, doubled: 2 * count })
}

const FIRST: Action = Action::Succeed { after: 1, payload: Some(r#""a""#) };
const SECOND: Action = Action::Succeed { after: 1, payload: Some(r#""b""#) };

/// What two callbacks are called.
const TWO_NAMES: &str = r#"["first","second"]"#;

const ONE_AFTER_THE_OTHER: Row = Row::new("4-17", "two callbacks, one after the other")
    .input(TWO_NAMES)
    .driver(&[FIRST, SECOND])
    .events(r#"K0:first . K+:first=`"a"` K0:second . K+:second=`"b"` . X+=`["a","b"]`"#);

#[durable]
async fn one_after_the_other(names: [String; 2]) -> Result<[String; 2], CallbackError> {
    let [first, second] = names;
    let first = create_callback::<String>().named(first).await;
    let a = first.await_callback()?;
    let second = create_callback::<String>().named(second).await;
    let b = second.await_callback()?;
    Ok([a, b])
}

const BOTH_OPEN: Row = Row::new("4-18", "two open callbacks, completed in their order")
    .input(TWO_NAMES)
    .driver(&[
        Action::Succeed { after: 3, payload: Some(r#""a""#) },
        Action::Succeed { after: 4, payload: Some(r#""b""#) },
    ])
    .events(r#"K0:first K0:second . K+:first . K+:second . X+=`["a","b"]`"#);

#[durable]
async fn both_open(names: [String; 2]) -> Result<[String; 2], CallbackError> {
    let [first, second] = names;
    let first = create_callback::<String>().named(first).await;
    let second = create_callback::<String>().named(second).await;
    let a = first.await_callback()?;
    let b = second.await_callback()?;
    Ok([a, b])
}

const SECOND_AWAITED_FIRST: Row = Row::new("4-19", "two open callbacks; the one that is awaited comes last")
    .input(TWO_NAMES)
    .driver(&[Action::Succeed { after: 4, payload: Some(r#""a""#) }, SECOND])
    .events(r#"K0:first K0:second . K+:first . K+:second . X+=`["a","b"]`"#);

#[durable]
async fn second_awaited_first(names: [String; 2]) -> Result<[String; 2], CallbackError> {
    let [first, second] = names;
    let first = create_callback::<String>().named(first).await;
    let second = create_callback::<String>().named(second).await;
    let b = second.await_callback()?;
    let a = first.await_callback()?;
    Ok([a, b])
}
