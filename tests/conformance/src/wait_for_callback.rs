//! A callback and the step that hands its id out, in one operation.

use durable::prelude::*;
use durable::{Jitter, Retry};
use serde_json::Value;

use crate::row::{Action, Row, suite};

suite! { "wait_for_callback":
    delivered DELIVERED, named NAMED, unnamed UNNAMED, failed FAILED, times_out TIMES_OUT, recovered RECOVERED,
    submitter_fails SUBMITTER_FAILS, in_child IN_CHILD, two TWO, after_wait_and_step AFTER_WAIT_AND_STEP, json JSON,
    heartbeat_stops HEARTBEAT_STOPS, kept_alive KEPT_ALIVE, caught_timeout CAUGHT_TIMEOUT,
    without_payload WITHOUT_PAYLOAD,
}

const APPROVED: Action = Action::Succeed { after: 1, payload: Some(r#""approved""#) };
const REFUSED: Action = Action::Fail { after: 1, message: "not approved" };

/// What most operations are called: handlers take the name from their input.
const ORDER: &str = r#""order-42""#;

/// Would send the callback's id to whoever completes it.
async fn submit(id: CallbackId) -> Result<(), String> {
    if id.as_str().is_empty() { Err("there is no id".to_owned()) } else { Ok(()) }
}

const DELIVERED: Row = Row::new("7-1", "the id is handed out, and the callback completed")
    .input(ORDER)
    .driver(&[APPROVED])
    .events(r#"C0:order-42[WaitForCallback] K0[Callback] S0[Step] S+ . K+=`"approved"` C+:order-42 . X+=`"approved"`"#);

#[durable]
async fn delivered(name: String) -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named(name).await_callback::<String>()
}

const NAMED: Row = Row::new("7-2", "the context has the name that the code gives it")
    .driver(&[APPROVED])
    .events("C0:approval K0 S0 S+ . K+ C+:approval . X+");

#[durable]
async fn named() -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named("approval").await_callback::<String>()
}

const UNNAMED: Row = Row::new("7-3", "a name need not be given").driver(&[APPROVED]).events("C0 K0 S0 S+ . K+ C+ . X+");

#[durable]
async fn unnamed() -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).await_callback::<String>()
}

const FAILED: Row = Row::new("7-4", "a failure from outside fails context and execution")
    .input(ORDER)
    .driver(&[REFUSED])
    .events("C0:order-42 K0 S0 S+ . K-=`not approved` C-=`not approved`!`RejectedError` . X-=`not approved`");

#[durable]
async fn failed(name: String) -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named(name).await_callback::<String>()
}

const TIMES_OUT: Row = Row::new("7-5", "nobody completes it in time")
    .input(ORDER)
    .events("C0:order-42 K0[timeout=3] S0 S+ . Kt!`Callback.Timeout` C-!`Callback.Timeout` . X-");

#[durable]
async fn times_out(name: String) -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named(name).timeout(seconds(3)).await_callback::<String>()
}

const RECOVERED: Row = Row::new("7-6", "a failure is caught")
    .input(ORDER)
    .driver(&[REFUSED])
    .events(r#"C0:order-42 K0 S0 S+ . K- C- . X+=`"recovered"`"#);

#[durable]
async fn recovered(name: String) -> String {
    let answer = wait_for_callback(async |id| submit(id).await).named(name).await_callback::<String>();
    answer.unwrap_or_else(|_| "recovered".to_owned())
}

const SUBMITTER_FAILS: Row = Row::new("7-7", "the id can't be handed out, twice")
    .input(ORDER)
    .events("C0:order-42 K0 S0 S-~1#1=`no answer` . S0 S-#2 C-=`no answer`!`CallbackSubmitterError` . X-%`no answer`");

#[durable]
async fn submitter_fails(name: String) -> Result<String, CallbackError> {
    wait_for_callback(async |_| Err::<(), &str>("no answer"))
        .named(name)
        .retry(Retry::DEFAULT.max_attempts(2).initial_delay_ms(1000).jitter(Jitter::None))
        .await_callback::<String>()
}

const IN_CHILD: Row = Row::new("7-8", "in a child context")
    .input(ORDER)
    .driver(&[APPROVED])
    .events("C0:wrapper[RunInChildContext] C0:order-42[WaitForCallback] K0 S0 S+ . K+ C+ C+ . X+");

#[durable]
async fn in_child(name: String) -> Result<String, CallbackError> {
    let answered =
        child(async || wait_for_callback(async |id| submit(id).await).named(name.clone()).await_callback::<String>());
    answered.named("wrapper").await
}

const TWO: Row = Row::new("7-9", "two, one after the other")
    .driver(&[
        Action::Succeed { after: 1, payload: Some(r#""a""#) },
        Action::Succeed { after: 1, payload: Some(r#""b""#) },
    ])
    .events(r#"C0:first K0 S0 S+ . K+=`"a"` C+ C0:second K0 S0 S+ . K+=`"b"` C+ . X+=`"b"`"#);

#[durable]
async fn two() -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named("first").await_callback::<String>()?;
    wait_for_callback(async |id| submit(id).await).named("second").await_callback::<String>()
}

async fn prepare() -> u32 {
    1
}

const AFTER_WAIT_AND_STEP: Row = Row::new("7-10", "after a wait and a step")
    .input(ORDER)
    .driver(&[APPROVED])
    .events("W0[1] . W+ S0 S+ C0:order-42 K0 S0 S+ . K+ C+ . X+");

#[durable]
async fn after_wait_and_step(name: String) -> Result<String, CallbackError> {
    sleep(seconds(1)).await;
    #[step]
    prepare().await;
    wait_for_callback(async |id| submit(id).await).named(name).await_callback::<String>()
}

const JSON: Row = Row::new("7-11", "a JSON object, recorded byte for byte")
    .input(ORDER)
    .driver(&[Action::Succeed { after: 1, payload: Some(r#"{"status": "approved"}"#) }])
    .events(r#"C0:order-42 K0 S0 S+ . K+=`{"status": "approved"}` C+ . X+=`"approved"`"#);

#[durable]
async fn json(name: String) -> Result<Value, CallbackError> {
    let mut answer = wait_for_callback(async |id| submit(id).await).named(name).await_callback::<Value>()?;
    Ok(answer["status"].take())
}

const HEARTBEAT_STOPS: Row = Row::new("7-12", "there is no heartbeat in time")
    .input(ORDER)
    .events("C0:order-42 K0[heartbeat=5] S0 S+ . Kt!`Callback.Heartbeat` C- . X-");

#[durable]
async fn heartbeat_stops(name: String) -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named(name).heartbeat_timeout(seconds(5)).await_callback::<String>()
}

// Without the heartbeat the callback would time out before it is completed.
const KEPT_ALIVE: Row = Row::new("7-13", "a heartbeat gives it more time")
    .input(ORDER)
    .driver(&[Action::Heartbeat { after: 5 }, Action::Succeed { after: 7, payload: Some(r#""approved""#) }])
    .events("C0:order-42 K0[heartbeat=10] S0 S+ . K+ C+ . X+");

#[durable]
async fn kept_alive(name: String) -> Result<String, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named(name).heartbeat_timeout(seconds(10)).await_callback::<String>()
}

const CAUGHT_TIMEOUT: Row = Row::new("7-14", "a timeout is caught")
    .input(ORDER)
    .events(r#"C0:order-42 K0[timeout=3] S0 S+ . Kt C- . X+=`"timed-out-handled"`"#);

#[durable]
async fn caught_timeout(name: String) -> Result<String, CallbackError> {
    let answer =
        wait_for_callback(async |id| submit(id).await).named(name).timeout(seconds(3)).await_callback::<String>();
    match answer {
        Err(CallbackError::TimedOut) => Ok("timed-out-handled".to_owned()),
        other => other,
    }
}

const WITHOUT_PAYLOAD: Row = Row::new("7-15", "completed without a payload")
    .input(ORDER)
    .driver(&[Action::Succeed { after: 1, payload: None }])
    .events("C0:order-42 K0 S0 S+ . K+=`` C+=`` . X+=``");

#[durable]
async fn without_payload(name: String) -> Result<Option<String>, CallbackError> {
    wait_for_callback(async |id| submit(id).await).named(name).await_callback::<Option<String>>()
}
