//! Steps: recorded once, retried as told, caught or not.

use durable::prelude::*;
use durable::{StepInterrupted, attempt};
use serde::{Deserialize, Serialize};

use crate::Scratch;
use crate::row::{Row, suite};
use crate::serdes::UPPER_CASE;

suite! { "step":
    greeting GREETING, named_step NAMED_STEP, two_steps TWO_STEPS, nested_object NESTED_OBJECT, null_result NULL_RESULT, upper_case UPPER_CASED,
    logging_step LOGGING_STEP, replayed_value REPLAYED_VALUE, runs_once RUNS_ONCE, replayed_error REPLAYED_ERROR, second_attempt SECOND_ATTEMPT,
    exhausted EXHAUSTED, default_retry DEFAULT_RETRY, exponential EXPONENTIAL, transient TRANSIENT, filtered FILTERED,
    interrupted INTERRUPTED, interrupted_and_retried INTERRUPTED_AND_RETRIED, permanent PERMANENT, fallback FALLBACK,
}

async fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

async fn refuse(what: &str) -> Result<String, String> {
    Err(format!("{what} refused"))
}

const GREETING: Row = Row::new("1-1", "one step, first try; the result is made of the input")
    .input(r#""Ada""#)
    .events(r#"S0[Step] S+=`"Hello, Ada!"` . X+=`"Hello, Ada!"`"#);

#[durable]
async fn greeting(name: String) -> String {
    #[step]
    let greeting = greet(&name).await;
    greeting
}

const NAMED_STEP: Row = Row::new("1-2", "an explicit name is on both events")
    .input(r#""Ada""#)
    .events("S0:custom_step_name S+:custom_step_name . X+");

#[durable]
async fn named_step(name: String) -> String {
    #[step(name = "custom_step_name")]
    let greeting = greet(&name).await;
    greeting
}

const TWO_STEPS: Row = Row::new("1-3", "two steps, the second takes the first one's result")
    .events(r#"S0 S+=`"first"` S0 S+=`"first_second"` . X+=`"first_second"`"#);

#[durable]
async fn two_steps() -> String {
    #[step(name = "first")]
    let first = text("first").await;
    #[step(name = "second")]
    let second = text(&format!("{first}_second")).await;
    second
}

async fn text(text: &str) -> String {
    text.to_owned()
}

const NESTED_OBJECT: Row = Row::new("1-4", "a nested object makes the round trip")
    .input(r#"{"name":"Alice","tags":["admin","active"]}"#)
    .events(
        r#"S0 S+=`{"user":{"name":"Alice","tags":["admin","active"]},"count":2}` .
           X+=`{"user":{"name":"Alice","tags":["admin","active"]},"count":2}`"#,
    );

#[derive(Debug, Clone, Serialize, Deserialize)]
struct User {
    name: String,
    tags: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Tagged {
    user: User,
    count: usize,
}

async fn tagged(user: User) -> Tagged {
    Tagged { count: user.tags.len(), user }
}

#[durable]
async fn nested_object(user: User) -> Tagged {
    #[step]
    let tagged = tagged(user).await;
    tagged
}

const NULL_RESULT: Row = Row::new("1-5", "a step that returns nothing").events("S0 S+=`` . X+=``");

#[durable]
async fn null_result() -> () {
    #[step]
    nothing().await
}

async fn nothing() {}

const UPPER_CASED: Row = Row::new("1-6", "a serdes writes upper case; the first run gets what comes back")
    .input(r#""hello world""#)
    .events("S0 S+=`HELLO WORLD` . X+=`\"HELLO WORLD\"`");

#[durable]
async fn upper_case(said: String) -> String {
    #[step(serdes = UPPER_CASE)]
    let louder = text(&said).await;
    louder
}

const LOGGING_STEP: Row = Row::new("1-7", "what a step logs is logged once")
    .input(r#""Ada""#)
    .events("S0 S+ . X+=`\"Hello, Ada!\"`")
    .told(|told| {
        let logged = told.logged(false);
        let expected = ["Greeting step started for: Ada", "Greeting step completed with: Hello, Ada!"];
        if logged == expected { Ok(()) } else { Err(format!("logged was {logged:?}")) }
    });

#[durable]
async fn logging_step(name: String) -> String {
    #[step]
    let greeting = greet_and_log(&name).await;
    greeting
}

async fn greet_and_log(name: &str) -> String {
    tracing::info!("Greeting step started for: {name}");
    let greeting = greet(name).await;
    tracing::info!("Greeting step completed with: {greeting}");
    greeting
}

const REPLAYED_VALUE: Row = Row::new("1-8", "a replay after a wait gives the recorded value")
    .events(r#"S0 S+=`"computed"` W0[2] . W+ . X+=`"computed"`"#);

#[durable]
async fn replayed_value() -> String {
    #[step]
    let computed = text("computed").await;
    sleep(seconds(2)).await;
    computed
}

const RUNS_ONCE: Row =
    Row::new("1-9", "a replay does not run a step that succeeded").events("S0 S+ W0 . W+ . X+=`\"cached_value\"`");

/// A value that a second run in one execution would not give.
fn cached(scratch: &Scratch, input: &str) -> Result<String, String> {
    match scratch.count(input) {
        Ok(1) => Ok("cached_value".to_owned()),
        runs => Err(format!("the step has run {runs:?} times")),
    }
}

#[durable]
async fn runs_once(State(scratch): State<Scratch>) -> Result<String, String> {
    #[step(retry(none))]
    let value = cached(&scratch, "runs-once")?;
    sleep(seconds(1)).await;
    Ok(value)
}

const REPLAYED_ERROR: Row = Row::new("1-10", "a replay after a wait gives the recorded error")
    .events("S0 S-#1=`the till refused`!`String` W0 . W+ . X+=`\"caught: the till refused\"`");

#[durable]
async fn replayed_error() -> String {
    #[step(retry(max_attempts = 1))]
    let refused = refuse("the till").await;
    sleep(seconds(1)).await;
    format!("caught: {}", refused.err().unwrap_or_default())
}

/// Fails before attempt `good`.
async fn flaky(good: u32) -> Result<u32, String> {
    match attempt() {
        number if number >= good => Ok(number),
        number => Err(format!("attempt {number} failed")),
    }
}

const SECOND_ATTEMPT: Row = Row::new("1-11", "fails once, then succeeds")
    .events("S0 S-~*#1=`attempt 1 failed` . S0 S+#2 . X+=`\"Operation succeeded\"`");

#[durable]
async fn second_attempt() -> Result<String, String> {
    #[step(retry(max_attempts = 3, initial_delay = "1s"))]
    operate().await
}

async fn operate() -> Result<String, String> {
    flaky(2).await.map(|_| "Operation succeeded".to_owned())
}

const EXHAUSTED: Row = Row::new("1-12", "fails until there are no attempts left")
    .events("S0 S-~1#1 . S0 S-~1#2 . S0 S-~1#3 . S0 S-#4=`attempt 4 failed` . X-=`attempt 4 failed`");

#[durable]
async fn exhausted() -> Result<u32, String> {
    #[step(retry(max_attempts = 4, initial_delay = "1s", backoff_rate = 1, jitter = none))]
    flaky(99).await
}

const DEFAULT_RETRY: Row = Row::new("1-13", "without a strategy of its own a step is retried as is usual")
    .events("S0 S-~0-5#1 . S0 S-~0-10#2 . S0 S+#3 . X+=`3`");

#[durable]
async fn default_retry() -> Result<u32, String> {
    #[step]
    flaky(3).await
}

const EXPONENTIAL: Row =
    Row::new("1-14", "delays that grow threefold, without jitter").events("S0 S-~2#1 . S0 S-~6#2 . S0 S+#3 . X+=`3`");

#[durable]
async fn exponential() -> Result<u32, String> {
    #[step(retry(max_attempts = 3, initial_delay = "2s", backoff_rate = 3, jitter = none))]
    flaky(3).await
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
struct TransientError(String);

impl TransientError {
    fn is_timeout(&self) -> bool {
        self.0.contains("timeout")
    }
}

/// Fails the first time with an error that may pass.
async fn shaky() -> Result<u32, TransientError> {
    if attempt() == 1 { Err(TransientError("timeout of the till".to_owned())) } else { Ok(attempt()) }
}

const TRANSIENT: Row = Row::new("1-15", "only some errors are retried, and this is one")
    .events("S0 S-~1#1!`TransientError` . S0 S+#2 . X+=`2`");

#[durable]
async fn transient() -> Result<u32, TransientError> {
    #[step(retry(max_attempts = 3, initial_delay = "1s", jitter = none, if = TransientError::is_timeout))]
    shaky().await
}

const FILTERED: Row = Row::new("1-16", "only some errors are retried, and this is none")
    .events("S0 S-#1!`TransientError` . X-!`TransientError`");

#[durable]
async fn filtered() -> Result<u32, TransientError> {
    #[step(retry(max_attempts = 3, initial_delay = "1s", if = |error: &TransientError| !error.is_timeout()))]
    shaky().await
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum ChargeError {
    #[error("nobody knows whether the card was charged: {0}")]
    Interrupted(String),
}

impl From<StepInterrupted> for ChargeError {
    fn from(interrupted: StepInterrupted) -> Self {
        Self::Interrupted(interrupted.to_string())
    }
}

/// Says what it was given, and ends the process in its first runs.
async fn charge(scratch: &Scratch, card: &str, fatal_runs: u64) -> Result<String, ChargeError> {
    tracing::info!("charging {card}");
    if scratch.count("charged").unwrap_or_default() <= fatal_runs {
        std::process::abort();
    }
    Ok("succeeded on second attempt".to_owned())
}

// Each run of the body would end the process once more, so the one crash shows that it ran once.
const INTERRUPTED: Row = Row::new("1-17", "at most once: the process ends in the step, which is not run again")
    .input(r#""card""#)
    .events(
        "S0:at_most_once_flaky_step .!`Runtime.ExitError` S-:at_most_once_flaky_step#1!`StepInterruptedError` .
         X-%`nobody knows`",
    )
    .crashes();

#[durable]
async fn interrupted(State(scratch): State<Scratch>, card: String) -> Result<String, ChargeError> {
    #[step(name = "at_most_once_flaky_step", at_most_once, retry(none))]
    charge(&scratch, &card, u64::MAX).await
}

const INTERRUPTED_AND_RETRIED: Row =
    Row::new("1-18", "at most once per attempt: the process ends in the step, and the next attempt succeeds")
        .input(r#""card""#)
        .events(
            "S0 .!`Runtime.ExitError` S-~*#1!`StepInterruptedError` . S0 S+#2=`\"succeeded on second attempt\"` . X+",
        )
        .crashes();

#[durable]
async fn interrupted_and_retried(State(scratch): State<Scratch>, card: String) -> Result<String, ChargeError> {
    #[step(at_most_once, retry(max_attempts = 2, initial_delay = "1s"))]
    charge(&scratch, &card, 1).await
}

const PERMANENT: Row = Row::new("1-19", "a step that fails for good fails the execution")
    .events("S0 S-=`the till refused` . X-=`the till refused`");

#[durable]
async fn permanent() -> Result<String, String> {
    #[step(retry(max_attempts = 1))]
    refuse("the till").await
}

const FALLBACK: Row = Row::new("1-20", "a failure is caught, and another step runs")
    .events("S0:primary S- S0:fallback S+ . X+=`\"fallback_result\"`");

#[durable]
async fn fallback() -> String {
    #[step(name = "primary", retry(max_attempts = 1))]
    let primary = refuse("the till").await;
    match primary {
        Ok(paid) => paid,
        Err(_) => {
            #[step(name = "fallback")]
            let fallback = text("fallback_result").await;
            fallback
        }
    }
}
