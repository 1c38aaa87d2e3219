//! Child contexts: groups of operations with a result of their own.

use std::time::Duration;

use durable::attempt;
use durable::prelude::*;

use crate::Scratch;
use crate::row::{Row, suite};
use crate::serdes::UPPER_CASE;

suite! { "child":
    one_step ONE_STEP, name_from_input NAME_FROM_INPUT, two_steps TWO_STEPS, uncaught UNCAUGHT, caught CAUGHT,
    nested NESTED, retried RETRIED, exhausted EXHAUSTED, skipped_on_replay SKIPPED_ON_REPLAY, wait_inside WAIT_INSIDE,
    crash_inside CRASH_INSIDE, wait_first WAIT_FIRST, upper_case UPPER_CASED, error_without_step ERROR_WITHOUT_STEP, null_result NULL_RESULT,
    inside_and_outside INSIDE_AND_OUTSIDE,
    large_result LARGE_RESULT, logging_child LOGGING_CHILD,
}

async fn double(n: u32) -> u32 {
    n * 2
}

async fn echo(text: &str) -> String {
    text.to_owned()
}

async fn refuse() -> Result<u32, String> {
    Err("refused".to_owned())
}

const ONE_STEP: Row = Row::new("3-1", "a child context with one step")
    .input(r#""tea""#)
    .events(r#"C0[RunInChildContext] S0 S+=`"tea"` C+=`"tea"` . X+=`"tea"`"#);

#[durable]
async fn one_step(text: String) -> String {
    child(async || {
        #[step]
        let echoed = echo(&text).await;
        echoed
    })
    .await
}

const NAME_FROM_INPUT: Row = Row::new("3-2", "a child context's name comes from the input")
    .input(r#"{"name":"order-42","value":"tea"}"#)
    .events(r#"C0:order-42 S0 S+ C+:order-42=`"tea"` . X+"#);

/// What the child is called, and what it gives.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Named {
    name: String,
    value: String,
}

#[durable]
async fn name_from_input(input: Named) -> String {
    let value: String = child(async || {
        #[step]
        let echoed = echo(&input.value).await;
        echoed
    })
    .named(input.name.clone())
    .await;
    value
}

const TWO_STEPS: Row = Row::new("3-3", "two steps in a child context")
    .input(r#""tea""#)
    .events(r#"C0:pair S0 S+=`"tea"` S0 S+=`"tea"` C+=`"tea"` . X+=`"tea"`"#);

#[durable]
async fn two_steps(text: String) -> String {
    child(async || {
        #[step(name = "first")]
        let first = echo(&text).await;
        #[step(name = "second")]
        let second = echo(&first).await;
        second
    })
    .named("pair")
    .await
}

const UNCAUGHT: Row = Row::new("3-4", "a failure inside fails the child and the execution")
    .events("C0:charge S0 S-=`refused` C-=`refused` . X-=`refused`");

#[durable]
async fn uncaught() -> Result<u32, String> {
    child(async || {
        #[step(retry(max_attempts = 1))]
        refuse().await
    })
    .named("charge")
    .await
}

const CAUGHT: Row = Row::new("3-5", "the failure of a child is caught, and a step follows")
    .input(r#""tea""#)
    .events(r#"C0 S0 S- C-=`refused` S0 S+ . X+=`"tea"`"#);

#[durable]
async fn caught(text: String) -> String {
    let charged: Result<u32, String> = async {
        #[step(retry(max_attempts = 1))]
        refuse().await
    }
    .named("charge")
    .await;
    match charged {
        Ok(paid) => paid.to_string(),
        Err(_) => {
            #[step]
            let recovered = echo(&text).await;
            recovered
        }
    }
}

const NESTED: Row = Row::new("3-6", "a child context in another")
    .input(r#""tea""#)
    .events(r#"C0:outer S0 S+ C0:inner S0 S+ C+=`"tea"` C+=`"tea"` . X+=`"tea"`"#);

#[durable]
async fn nested(text: String) -> String {
    child(async || {
        #[step]
        let first = echo(&text).await;
        child(async || {
            #[step]
            let second = echo(&first).await;
            second
        })
        .named("inner")
        .await
    })
    .named("outer")
    .await
}

/// Fails before attempt `good`.
async fn flaky(good: u32) -> Result<u32, String> {
    if attempt() >= good { Ok(attempt()) } else { Err(format!("attempt {} failed", attempt())) }
}

const RETRIED: Row = Row::new("3-7", "a step inside is retried; the context starts once")
    .input(r#""tea""#)
    .events(r#"C0:retried S0 S-~*#1 . S0 S+#2=`"tea"` C+=`"tea"` . X+=`"tea"`"#);

#[durable]
async fn retried(text: String) -> Result<String, String> {
    child(async || {
        #[step(retry(max_attempts = 3, initial_delay = "1s"))]
        flaky_echo(&text).await
    })
    .named("retried")
    .await
}

/// Fails the first time.
async fn flaky_echo(text: &str) -> Result<String, String> {
    flaky(2).await.map(|_| text.to_owned())
}

const EXHAUSTED: Row = Row::new("3-8", "a step inside runs out of attempts and fails the child")
    .events("C0:exhausted S0 S-~*#1 . S0 S-#2 C-=`attempt 2 failed` . X-=`attempt 2 failed`");

#[durable]
async fn exhausted() -> Result<u32, String> {
    child(async || {
        #[step(retry(max_attempts = 2, initial_delay = "1s"))]
        flaky(99).await
    })
    .named("exhausted")
    .await
}

const SKIPPED_ON_REPLAY: Row = Row::new("3-9", "a child that ended is skipped on replay")
    .input(r#""tea""#)
    .events(r#"C0 S0 S+=`"tea"` C+=`"tea"` W0 . W+ . X+=`"tea"`"#);

/// Gives back what it gets, once.
fn echo_once(scratch: &Scratch, text: &str) -> Result<String, String> {
    match scratch.count("skipped-on-replay") {
        Ok(1) => Ok(text.to_owned()),
        runs => Err(format!("the step has run {runs:?} times")),
    }
}

#[durable]
async fn skipped_on_replay(State(scratch): State<Scratch>, text: String) -> Result<String, String> {
    let echoed: Result<String, String> = async {
        #[step(retry(none))]
        echo_once(&scratch, &text)
    }
    .named("counted")
    .await;
    sleep(seconds(1)).await;
    echoed
}

const WAIT_INSIDE: Row = Row::new("3-10", "a step and a wait inside; the child suspends the execution")
    .input(r#""tea""#)
    .events(r#"C0:patient S0 S+=`"tea"` W0 . W+ C+=`"tea"` . X+=`"tea"`"#);

#[durable]
async fn wait_inside(text: String) -> String {
    child(async || {
        #[step]
        let echoed = echo(&text).await;
        sleep(seconds(1)).await;
        echoed
    })
    .named("patient")
    .await
}

const CRASH_INSIDE: Row =
    Row::new("3-12", "the process ends in a step inside, which runs again without a second start")
        .input(r#""tea""#)
        .events(r#"C0 S0 .!`Runtime.ExitError` S+=`"tea"` C+=`"tea"` . X+=`"tea"`"#)
        .crashes();

/// Ends the process the first time, when its start is on record.
async fn crash_once(scratch: &Scratch, text: &str) -> String {
    let run = scratch.count("crash-inside").unwrap_or_default();
    if run == 1 {
        tokio::time::sleep(LONG_ENOUGH_TO_BE_RECORDED).await;
        std::process::abort();
    }
    text.to_owned()
}

/// A start is written by itself only if the outcome takes longer than a tenth of a second.
const LONG_ENOUGH_TO_BE_RECORDED: Duration = Duration::from_secs(1);

#[durable]
async fn crash_inside(State(scratch): State<Scratch>, text: String) -> String {
    child(async || {
        #[step]
        let echoed = crash_once(&scratch, &text).await;
        echoed
    })
    .await
}

const WAIT_FIRST: Row = Row::new("3-13", "a wait inside, then a step outside")
    .input(r#""tea""#)
    .events(r#"C0:pause W0 . W+ C+=`"tea"` S0 S+ . X+=`"tea"`"#);

#[durable]
async fn wait_first(text: String) -> String {
    let waited: String = child(async || {
        sleep(seconds(1)).await;
        text.clone()
    })
    .named("pause")
    .await;
    #[step]
    let echoed = echo(&waited).await;
    echoed
}

const UPPER_CASED: Row = Row::new("3-14", "a serdes writes upper case; the first run gets what comes back")
    .events("C0 S0 S+=`\"hello child\"` C+=`HELLO CHILD` . X+=`\"HELLO CHILD\"`");

async fn hello(name: &str) -> String {
    format!("hello {name}")
}

#[durable]
async fn upper_case() -> String {
    child(async || {
        #[step]
        let greeting = hello("child").await;
        greeting
    })
    .serdes(UPPER_CASE)
    .await
}

const ERROR_WITHOUT_STEP: Row = Row::new("3-15", "an error in a child without a step")
    .events("C0:strict C-=`nothing to do`!`String` . X-=`nothing to do`");

#[durable]
async fn error_without_step() -> Result<u32, String> {
    child(async || Err::<u32, String>("nothing to do".to_owned())).named("strict").await
}

const NULL_RESULT: Row = Row::new("3-16", "a child that returns nothing").events("C0:empty C+=`` . X+=``");

#[durable]
async fn null_result() -> () {
    child(async || {}).named("empty").await
}

const LARGE_RESULT: Row = Row::new("3-11", "a large result is not recorded: the body runs again on a replay")
    .input(r#""the child runs""#)
    .events("C0:large S0 S+ C+[replayed] W0 . W+ . X+=`300000`")
    .told(|told| {
        let all = told.logged(true).into_iter().filter(|line| *line == "the child runs").count();
        let once = told.logged(false).into_iter().filter(|line| *line == "the child runs").count();
        if (all, once) == (2, 1) { Ok(()) } else { Err(format!("logged {all} times, of which {once} are news")) }
    });

#[durable]
async fn large_result(line: String) -> usize {
    let text: String = child(async || {
        tracing::info!("{line}");
        #[step]
        let length = double(150_000).await;
        "x".repeat(length as usize)
    })
    .named("large")
    .await;
    sleep(seconds(1)).await;
    text.len()
}

const LOGGING_CHILD: Row = Row::new("3-17", "a child that only logs does not run again")
    .input(r#""the child runs""#)
    .events("C0:logs C+ W0 . W+ . X+")
    .told(|told| {
        let logged = told.logged(true);
        if logged == ["the child runs"] { Ok(()) } else { Err(format!("logged was {logged:?}")) }
    });

#[durable]
async fn logging_child(line: String) -> String {
    let said: String = child(async || {
        tracing::info!("{line}");
        line.clone()
    })
    .named("logs")
    .await;
    sleep(seconds(1)).await;
    said
}

const INSIDE_AND_OUTSIDE: Row = Row::new("3-18", "a step and a wait inside, then a step and a wait outside")
    .input(r#""tea""#)
    .events(r#"C0:part S0 S+=`"tea"` W0 . W+ C+=`"tea"` S0 S+=`"tea"` W0 . W+ . X+=`"tea"`"#);

#[durable]
async fn inside_and_outside(text: String) -> String {
    let part: String = child(async || {
        #[step]
        let part = echo(&text).await;
        sleep(seconds(1)).await;
        part
    })
    .named("part")
    .await;
    #[step]
    let whole = echo(&part).await;
    sleep(seconds(1)).await;
    whole
}
