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

async fn prepare() -> u32 {
    1
}

const DELIVERED: Row = Row::new("4-1", "a callback is completed from outside")
    .driver(&[APPROVED])
    .events(r#"K0[Callback] . K+=`"approved"` . X+=`"approved"`"#);

#[durable]
async fn delivered() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().await;
    callback.await_callback()
}

const NAMED: Row =
    Row::new("4-2", "a callback has a name").driver(&[APPROVED]).events("K0:approval . K+:approval . X+");

#[durable]
async fn named() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().named("approval").await;
    callback.await_callback()
}

const TIMES_OUT: Row = Row::new("4-3", "nobody completes it in time")
    .events("K0[timeout=2] . Kt=`Callback timed out`!`Callback.Timeout` . X-!`CallbackError`");

#[durable]
async fn times_out() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().timeout(seconds(2)).await;
    callback.await_callback()
}

const HEARTBEAT_STOPS: Row = Row::new("4-4", "there is no heartbeat in time")
    .events("K0[heartbeat=2] . Kt=`Callback timed out on heartbeat`!`Callback.Heartbeat` . X-");

#[durable]
async fn heartbeat_stops() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().heartbeat_timeout(seconds(2)).await;
    callback.await_callback()
}

// Without the heartbeat the callback would time out before it is completed.
const KEPT_ALIVE: Row = Row::new("4-5", "a heartbeat gives it more time")
    .driver(&[Action::Heartbeat { after: 2 }, Action::Succeed { after: 3, payload: Some(r#""approved""#) }])
    .events("K0[heartbeat=4] . K+ . X+");

#[durable]
async fn kept_alive() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().heartbeat_timeout(seconds(4)).await;
    callback.await_callback()
}

const FAILED: Row = Row::new("4-6", "a failure from outside fails the execution")
    .driver(&[REFUSED])
    .events("K0 . K-=`not approved`!`Refusal` . X-=`not approved`");

#[durable]
async fn failed() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().await;
    callback.await_callback()
}

const FAILED_AFTER_STEP: Row = Row::new("4-7", "a callback, a step, and a failure from outside")
    .driver(&[REFUSED])
    .events("K0 S0 S+ . K- . X-=`not approved`");

#[durable]
async fn failed_after_step() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().await;
    #[step]
    prepare().await;
    callback.await_callback()
}

const TIMES_OUT_AFTER_STEP: Row =
    Row::new("4-8", "a callback, a step, and a timeout").events("K0[timeout=5] S0 S+ . Kt . X-");

#[durable]
async fn times_out_after_step() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().timeout(seconds(5)).await;
    #[step]
    prepare().await;
    callback.await_callback()
}

const DELIVERED_DURING_WAIT: Row = Row::new("4-9", "completed during a wait, which goes on")
    .driver(&[APPROVED])
    .events(r#"K0 W0[6] . K+ . W+ . X+=`"approved"`"#);

#[durable]
async fn delivered_during_wait() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().await;
    sleep(seconds(6)).await;
    callback.await_callback()
}

const FAILED_DURING_WAIT: Row = Row::new("4-10", "failed during a wait, which goes on")
    .driver(&[REFUSED])
    .events("K0 W0[6] . K- . W+ . X-=`not approved`");

#[durable]
async fn failed_during_wait() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().await;
    sleep(seconds(6)).await;
    callback.await_callback()
}

const TIMES_OUT_DURING_WAIT: Row =
    Row::new("4-11", "timed out during a wait, which goes on").events("K0[timeout=3] W0[6] . Kt . W+ . X-");

#[durable]
async fn times_out_during_wait() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().timeout(seconds(3)).await;
    sleep(seconds(6)).await;
    callback.await_callback()
}

const THEN_WAIT: Row = Row::new("4-12", "a callback, then a wait; the result is replayed twice")
    .driver(&[APPROVED])
    .events(r#"K0 . K+ W0 . W+ . X+=`"approved"`"#);

#[durable]
async fn then_wait() -> Result<String, CallbackError> {
    let callback = create_callback::<String>().await;
    let answer = callback.await_callback()?;
    sleep(seconds(1)).await;
    Ok(answer)
}

const CAUGHT_FAILURE: Row = Row::new("4-13", "a failure is caught, and replayed after a wait")
    .driver(&[REFUSED])
    .events(r#"K0 . K- W0 . W+ . X+=`"caught: not approved"`"#);

#[durable]
async fn caught_failure() -> String {
    let callback = create_callback::<String>().await;
    let answer = callback.await_callback();
    sleep(seconds(1)).await;
    match answer {
        Ok(answer) => answer,
        Err(error) => format!("caught: {error}"),
    }
}

const CAUGHT_TIMEOUT: Row =
    Row::new("4-14", "a timeout is caught, and replayed after a wait").events("K0[timeout=1] . Kt W0 . W+ . X+=`true`");

#[durable]
async fn caught_timeout() -> bool {
    let callback = create_callback::<String>().timeout(seconds(1)).await;
    let answer = callback.await_callback();
    sleep(seconds(1)).await;
    answer == Err(CallbackError::TimedOut)
}

#[derive(Debug, Serialize, Deserialize)]
struct Approval {
    by: String,
    at: i64,
}

/// Reads the date of an approval as the seconds since 1970.
const UNIX_SECONDS: Through = Through {
    write: Ok,
    read: |json| {
        let mut approval: Value = serde_json::from_str(&json).map_err(SerdesError::new)?;
        let at: jiff::Timestamp = approval["at"].as_str().unwrap_or_default().parse().map_err(SerdesError::new)?;
        approval["at"] = at.as_second().into();
        Ok(approval.to_string())
    },
};

const OBJECT: Row = Row::new("4-15", "a serdes reads an object and its date")
    .driver(&[Action::Succeed { after: 1, payload: Some(r#"{"by": "Ada", "at": "2026-01-01T00:00:00Z"}"#) }])
    .events(r#"K0 . K+=`{"by": "Ada", "at": "2026-01-01T00:00:00Z"}` . X+=`{"by":"Ada","at":1767225600}`"#);

#[durable]
async fn object() -> Result<Approval, CallbackError> {
    let callback = create_callback::<Approval>().serdes(UNIX_SECONDS).await;
    callback.await_callback()
}

/// Reads the digits of a text as a number.
const DIGITS: Through = Through {
    write: Ok,
    read: |text| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().map(|number| number.to_string()).map_err(SerdesError::new)
    },
};

const NUMBER: Row = Row::new("4-16", "a serdes reads a number")
    .driver(&[Action::Succeed { after: 1, payload: Some("42") }])
    .events("K0 . K+=`42` . X+=`43`");

#[durable]
async fn number() -> Result<u32, CallbackError> {
    let callback = create_callback::<u32>().serdes(DIGITS).await;
    let number = callback.await_callback()?;
    Ok(number + 1)
}

const FIRST: Action = Action::Succeed { after: 1, payload: Some(r#""a""#) };
const SECOND: Action = Action::Succeed { after: 1, payload: Some(r#""b""#) };

const ONE_AFTER_THE_OTHER: Row = Row::new("4-17", "two callbacks, one after the other")
    .driver(&[FIRST, SECOND])
    .events(r#"K0 . K+=`"a"` K0 . K+=`"b"` . X+=`"ab"`"#);

#[durable]
async fn one_after_the_other() -> Result<String, CallbackError> {
    let first = create_callback::<String>().named("a").await;
    let a = first.await_callback()?;
    let second = create_callback::<String>().named("b").await;
    let b = second.await_callback()?;
    Ok(a + &b)
}

const BOTH_OPEN: Row = Row::new("4-18", "two open callbacks, completed in their order")
    .driver(&[
        Action::Succeed { after: 3, payload: Some(r#""a""#) },
        Action::Succeed { after: 4, payload: Some(r#""b""#) },
    ])
    .events(r#"K0:a K0:b . K+:a . K+:b . X+=`"ab"`"#);

#[durable]
async fn both_open() -> Result<String, CallbackError> {
    let first = create_callback::<String>().named("a").await;
    let second = create_callback::<String>().named("b").await;
    let a = first.await_callback()?;
    let b = second.await_callback()?;
    Ok(a + &b)
}

const SECOND_AWAITED_FIRST: Row = Row::new("4-19", "two open callbacks; the one that is awaited comes last")
    .driver(&[Action::Succeed { after: 4, payload: Some(r#""a""#) }, SECOND])
    .events(r#"K0:a K0:b . K+:a . K+:b . X+=`"ba"`"#);

#[durable]
async fn second_awaited_first() -> Result<String, CallbackError> {
    let first = create_callback::<String>().named("a").await;
    let second = create_callback::<String>().named("b").await;
    let b = second.await_callback()?;
    let a = first.await_callback()?;
    Ok(b + &a)
}
