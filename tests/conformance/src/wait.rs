//! Waits: durable timers in whole seconds.

use durable::prelude::*;

use crate::row::{Row, suite};

suite! { "wait": one_wait ONE_WAIT, named_wait NAMED_WAIT, two_waits TWO_WAITS, one_minute ONE_MINUTE, one_hour ONE_HOUR }

const ONE_WAIT: Row = Row::new("2-1", "a wait suspends and goes on").events("W0[Wait,2] . W+[2] . X+=`\"waited\"`");

#[durable]
async fn one_wait() -> String {
    sleep(seconds(2)).await;
    "waited".to_owned()
}

const NAMED_WAIT: Row =
    Row::new("2-2", "a wait has a name").events("W0:custom_wait_name[2] . W+:custom_wait_name[2] . X+");

#[durable]
async fn named_wait() -> () {
    sleep(seconds(2)).named("custom_wait_name").await;
}

const TWO_WAITS: Row = Row::new("2-3", "two waits, three invocations")
    .events(r#"W0:wait-1[2] . W+:wait-1 W0:wait-2[2] . W+:wait-2 . X+=`{"completedWaits":2}`"#);

/// How far it came.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Waited {
    #[serde(rename = "completedWaits")]
    completed_waits: u32,
}

#[durable]
async fn two_waits() -> Waited {
    sleep(seconds(2)).named("wait-1").await;
    sleep(seconds(2)).named("wait-2").await;
    Waited { completed_waits: 2 }
}

const ONE_MINUTE: Row = Row::new("2-4", "a minute is recorded as 60 seconds").events("W0[60] .");

#[durable]
async fn one_minute() -> () {
    sleep(minutes(1)).await;
}

const ONE_HOUR: Row = Row::new("2-5", "an hour is recorded as 3600 seconds").events("W0[3600] .");

#[durable]
async fn one_hour() -> () {
    sleep(hours(1)).await;
}
