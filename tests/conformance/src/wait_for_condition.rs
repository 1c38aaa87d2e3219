//! Conditions that are checked again and again, with durable waits between.

use durable::prelude::*;
use durable::{ConditionError, Jitter, Retry};
use serde::{Deserialize, Serialize};

use crate::row::{Row, suite};
use crate::serdes::WRAPPED;

suite! { "wait_for_condition":
    counter COUNTER, at_once AT_ONCE, named NAMED, initial_state INITIAL_STATE, fixed_delay FIXED_DELAY,
    exhausted EXHAUSTED, check_fails CHECK_FAILS, caught CAUGHT, object_state OBJECT_STATE, null_state NULL_STATE, encoded ENCODED,
    feeds_step FEEDS_STEP, two_conditions TWO_CONDITIONS,
}

/// Checks so many times, with the same delay between.
const fn every(delay_seconds: u64, checks: u32) -> Retry {
    Retry::DEFAULT.max_attempts(checks).initial_delay_ms(delay_seconds * 1000).backoff_rate(1.0).jitter(Jitter::None)
}

const COUNTER: Row = Row::new("6-1", "a counter that is polled until it is 3")
    .events("S0[WaitForCondition] S+~1#1=`1` . S0 S+~1#2=`2` . S0 S+#3=`3` . X+=`3`");

#[durable]
async fn counter() -> Result<u32, ConditionError> {
    wait_for_condition(0, async |seen| seen + 1).until(|seen| *seen >= 3).checks(every(1, 10)).await
}

const AT_ONCE: Row = Row::new("6-2", "the condition holds at once").input("5").events("S0 S+=`5` . X+=`5`");

#[durable]
async fn at_once(first: u32) -> Result<u32, ConditionError> {
    wait_for_condition(first, async |seen| seen).until(|seen| *seen >= 5).checks(every(1, 10)).await
}

const NAMED: Row = Row::new("6-3", "each check carries the name")
    .events("S0:poll-status S+:poll-status~1 . S0:poll-status S+:poll-status . X+");

#[durable]
async fn named() -> Result<u32, ConditionError> {
    let polled = wait_for_condition(0, async |seen| seen + 1).until(|seen| *seen >= 2).checks(every(1, 10));
    polled.named("poll-status").await
}

const INITIAL_STATE: Row =
    Row::new("6-4", "the first state is not zero").input("8").events("S0 S+~1=`6` . S0 S+~1=`7` . S0 S+=`8` . X+=`8`");

#[durable]
async fn initial_state(_threshold: u32) -> Result<u32, ConditionError> {
    wait_for_condition(5, async |seen| seen + 1).until(|seen| *seen >= 8).checks(every(1, 10)).await
}

const FIXED_DELAY: Row =
    Row::new("6-5", "the delay is recorded with each check").events("S0 S+~2#1 . S0 S+~2#2 . S0 S+#3 . X+=`3`");

#[durable]
async fn fixed_delay() -> Result<u32, ConditionError> {
    wait_for_condition(0, async |seen| seen + 1).until(|seen| *seen >= 3).checks(every(2, 10)).await
}

const EXHAUSTED: Row = Row::new("6-6", "the condition never holds and the checks run out")
    .events("S0 S+~1 . S0 S+~1 . S0 S-#3!`WaitForConditionError` . X-");

#[durable]
async fn exhausted() -> Result<u32, ConditionError> {
    wait_for_condition(0, async |seen| seen + 1).until(|seen| *seen >= 99).checks(every(1, 3)).await
}

async fn broken_sensor() -> Result<u32, String> {
    Err("the sensor is broken".to_owned())
}

const CHECK_FAILS: Row = Row::new("6-7", "a check that fails is not repeated")
    .events("S0 S-#1=`the sensor is broken` . X-%`the sensor is broken`");

#[durable]
async fn check_fails() -> Result<u32, ConditionError> {
    wait_for_condition(0, async |_| broken_sensor().await).until(|seen| *seen >= 1).checks(every(1, 3)).await
}

const CAUGHT: Row = Row::new("6-8", "the failure of a check is caught").events("S0 S- . X+=`\"recovered\"`");

#[durable]
async fn caught() -> String {
    let seen =
        wait_for_condition(0, async |_| broken_sensor().await).until(|seen| *seen >= 1).checks(every(1, 3)).await;
    seen.map_or_else(|_| "recovered".to_owned(), |seen| seen.to_string())
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Progress {
    status: String,
    attempts: u32,
}

impl Progress {
    fn advance(self) -> Self {
        let attempts = self.attempts + 1;
        Self { status: if attempts >= 2 { "DONE" } else { "PENDING" }.to_owned(), attempts }
    }
}

const OBJECT_STATE: Row = Row::new("6-9", "the state is an object").events(
    r#"S0 S+~1=`{"status":"PENDING","attempts":1}` . S0 S+=`{"status":"DONE","attempts":2}` .
       X+=`{"status":"DONE","attempts":2}`"#,
);

#[durable]
async fn object_state() -> Result<Progress, ConditionError> {
    let first = Progress { status: "PENDING".to_owned(), attempts: 0 };
    let advanced = wait_for_condition(first, async |progress| progress.advance());
    advanced.until(|progress| progress.status == "DONE").checks(every(1, 10)).await
}

const NULL_STATE: Row = Row::new("6-10", "the last state is nothing").events("S0 S+=`` . X+=``");

#[durable]
async fn null_state() -> Result<Option<u32>, ConditionError> {
    wait_for_condition(Some(1), async |_| None).until(Option::is_none).checks(every(1, 10)).await
}

const ENCODED: Row = Row::new("6-11", "a serdes writes the state; each check gets what comes back")
    .events("S0 S+~1=`wrapped:x` . S0 S+=`wrapped:xx` . X+=`\"xx\"`");

#[durable]
async fn encoded() -> Result<String, ConditionError> {
    let grown = wait_for_condition(String::new(), async |state| state + "x");
    grown.until(|state| state.len() >= 2).checks(every(1, 10)).serdes(WRAPPED).await
}

async fn tenfold(n: u32) -> u32 {
    n * 10
}

const FEEDS_STEP: Row = Row::new("6-12", "the last state goes into a step")
    .input("2")
    .events("S0[WaitForCondition] S+~1 . S0 S+=`2` S0[Step] S+=`20` . X+=`20`");

#[durable]
async fn feeds_step(_threshold: u32) -> Result<u32, ConditionError> {
    let seen = wait_for_condition(0, async |seen| seen + 1).until(|seen| *seen >= 2);
    let seen = seen.checks(every(1, 10)).await?;
    #[step]
    let tenfold = tenfold(seen).await;
    Ok(tenfold)
}

const TWO_CONDITIONS: Row = Row::new("6-13", "two conditions, one after the other")
    .events("S0:first S+~1 . S0:first S+=`2` S0:second S+~1=`3` . S0:second S+=`4` . X+=`4`");

#[durable]
async fn two_conditions() -> Result<u32, ConditionError> {
    let first = wait_for_condition(0, async |seen| seen + 1).until(|seen| *seen >= 2).checks(every(1, 10));
    let first = first.named("first").await?;
    let second = wait_for_condition(first, async |seen| seen + 1).until(|seen| *seen >= 4).checks(every(1, 10));
    second.named("second").await
}
