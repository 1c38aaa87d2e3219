//! Invokes: other durable functions as executions of their own.

use durable::InvokeError;
use durable::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::row::{Row, suite};
use crate::serdes::LOUD;

suite! { "invoke":
    echoed ECHOED, named NAMED, object OBJECT, null NULL, target_fails TARGET_FAILS, caught CAUGHT, large LARGE,
    tenant TENANT, then_wait THEN_WAIT, caught_then_wait CAUGHT_THEN_WAIT, after_step AFTER_STEP,
    before_step BEFORE_STEP, in_child IN_CHILD, two_invokes TWO_INVOKES, loud_payload LOUD_PAYLOAD, loud_result LOUD_RESULT;
    echo, fail
}

// The rows expect that an execution is suspended before what it has invoked ends, wherever that runs: it takes a second.

/// Gives back what it gets.
#[durable]
async fn echo(value: Value) -> Value {
    sleep(seconds(1)).await;
    value
}

/// Fails.
#[durable]
async fn fail(reason: String) -> Result<Value, String> {
    sleep(seconds(1)).await;
    Err(reason)
}

async fn add(text: &str, more: &str) -> String {
    format!("{text}{more}")
}

const ECHOED: Row = Row::new("5-1", "a function is invoked and returns its input")
    .input(r#""hello""#)
    .events(r#"I0[ChainedInvoke,function=echo]=`"hello"` . I+=`"hello"` . X+=`"hello"`"#);

#[durable]
async fn echoed(text: String) -> Result<Value, InvokeError> {
    echo(Value::from(text)).invoke().await
}

const NAMED: Row = Row::new("5-2", "an invoke has a name")
    .input(r#"{"name":"call-echo","payload":"hello"}"#)
    .events(r#"I0:call-echo[function=echo]=`"hello"` . I+:call-echo . X+"#);

/// What to invoke with, and what to call that.
#[derive(Debug, Serialize, Deserialize)]
struct Named {
    name: String,
    payload: String,
}

#[durable]
async fn named(input: Named) -> Result<Value, InvokeError> {
    echo(Value::from(input.payload)).invoke().named(input.name).await
}

const OBJECT: Row = Row::new("5-3", "an object makes the round trip")
    .input(r#"{"id":7,"lines":[{"item":"tea","count":2}],"note":null}"#)
    .events(
        r#"I0=`{"id":7,"lines":[{"count":2,"item":"tea"}],"note":null}` .
           I+=`{"id":7,"lines":[{"count":2,"item":"tea"}],"note":null}` .
           X+=`{"id":7,"lines":[{"count":2,"item":"tea"}],"note":null}`"#,
    );

#[durable]
async fn object(order: Value) -> Result<Value, InvokeError> {
    invoke::<Value>("echo", &order).await
}

const NULL: Row = Row::new("5-4", "nothing goes in, nothing comes out").events("I0=`` . I+=`` . X+=``");

#[durable]
async fn null() -> Result<(), InvokeError> {
    invoke::<()>("echo", &()).await
}

const TARGET_FAILS: Row = Row::new("5-5", "the invoked function fails, and the execution with it")
    .events("I0[function=fail] . I-=`no tea`!`String` . X-=`no tea`");

#[durable]
async fn target_fails() -> Result<Value, String> {
    let invoked = fail("no tea".to_owned()).invoke().await;
    invoked.map_err(|error| error.to_string())?
}

const CAUGHT: Row =
    Row::new("5-6", "the failure of the invoked function is caught").events(r#"I0 . I- . X+=`"caught: no tea"`"#);

#[durable]
async fn caught() -> Result<String, InvokeError> {
    let answer = fail("no tea".to_owned()).invoke().await?;
    Ok(answer.map_or_else(|error| format!("caught: {error}"), |value| value.to_string()))
}

const LARGE: Row =
    Row::new("5-7", "a payload near the limit of 1 MB").events("I0%`\"xxxxxxxx` . I+%`xxxxxxxx\"` . X+=`1000000`");

#[durable]
async fn large() -> Result<usize, InvokeError> {
    let answer = echo(Value::from("x".repeat(1_000_000))).invoke().await?;
    Ok(answer.as_str().map_or(0, str::len))
}

const TENANT: Row = Row::new("5-8", "an invoke for a tenant")
    .input(r#"{"tenantId":"tenant-a","payload":"hello"}"#)
    .events(r#"I0[function=echo,tenant=tenant-a]=`"hello"` . I+ . X+=`"hello"`"#);

/// What to invoke with, and for whom.
#[derive(Debug, Serialize, Deserialize)]
struct Tenanted {
    #[serde(rename = "tenantId")]
    tenant: String,
    payload: String,
}

#[durable]
async fn tenant(input: Tenanted) -> Result<Value, InvokeError> {
    echo(Value::from(input.payload)).invoke().tenant(input.tenant).await
}

const THEN_WAIT: Row =
    Row::new("5-9", "an invoke, then a wait; the result is replayed").events(r#"I0 . I+ W0 . W+ . X+=`"hello"`"#);

#[durable]
async fn then_wait() -> Result<Value, InvokeError> {
    let answer = echo(Value::from("hello")).invoke().await?;
    sleep(seconds(1)).await;
    Ok(answer)
}

const CAUGHT_THEN_WAIT: Row = Row::new("5-10", "a failure is caught, then a wait; the error is replayed")
    .events(r#"I0 . I- W0 . W+ . X+=`"caught: no tea"`"#);

#[durable]
async fn caught_then_wait() -> Result<String, InvokeError> {
    let answer = fail("no tea".to_owned()).invoke().await?;
    sleep(seconds(1)).await;
    Ok(answer.map_or_else(|error| format!("caught: {error}"), |value| value.to_string()))
}

const AFTER_STEP: Row = Row::new("5-11", "a step, then an invoke with its result")
    .events(r#"S0 S+=`"tea!"` I0=`"tea!"` . I+ . X+=`"tea!"`"#);

#[durable]
async fn after_step() -> Result<Value, InvokeError> {
    #[step]
    let louder = add("tea", "!").await;
    echo(Value::from(louder)).invoke().await
}

const BEFORE_STEP: Row = Row::new("5-12", "an invoke, then a step with its result")
    .events(r#"I0 . I+=`"tea"` S0 S+=`"tea!"` . X+=`"tea!"`"#);

#[durable]
async fn before_step() -> Result<String, InvokeError> {
    let answer = invoke::<String>("echo", &"tea").await?;
    #[step]
    let louder = add(&answer, "!").await;
    Ok(louder)
}

const IN_CHILD: Row =
    Row::new("5-13", "an invoke in a child context").events(r#"C0 I0[function=echo] . I+ C+=`"tea"` . X+=`"tea"`"#);

#[durable]
async fn in_child() -> Result<String, InvokeError> {
    child(async || invoke::<String>("echo", &"tea").await).await
}

const TWO_INVOKES: Row =
    Row::new("5-14", "two invokes, the second with the first one's result").events("I0=`1` . I+ I0=`2` . I+ . X+=`2`");

#[durable]
async fn two_invokes() -> Result<u32, InvokeError> {
    let first = invoke::<u32>("echo", &1).named("first").await?;
    invoke::<u32>("echo", &(first + 1)).named("second").await
}

const LOUD_PAYLOAD: Row = Row::new("5-15", "a serdes writes the input")
    .input(r#"{"data":"hello"}"#)
    .events(r#"I0[function=echo]=`{"DATA":"HELLO"}` . I+=`{"DATA":"HELLO"}` . X+=`{"DATA":"HELLO"}`"#);

#[durable]
async fn loud_payload(value: Value) -> Result<Value, InvokeError> {
    echo(value).invoke().payload_serdes(LOUD).await
}

const LOUD_RESULT: Row = Row::new("5-16", "a serdes reads the result")
    .input(r#""hello""#)
    .events(r#"I0[function=echo]=`"hello"` . I+=`"hello"` . X+=`"\"HELLO\""`"#);

#[durable]
async fn loud_result(text: String) -> Result<String, InvokeError> {
    let louder = echo(Value::from(text)).invoke().result_serdes(LOUD).await?;
    // Its JSON, as a text.
    Ok(louder.to_string())
}
