//! The same code for each of a list of items.

use durable::prelude::*;
use serde_json::Value;

use crate::row::{Row, suite};
use crate::serdes::{JOINED, WRAPPED};
use crate::summary::{ALL_FIELDS, REASON_AND_COUNTS, REASON_AND_SUCCESSES, SUCCESSES, outcome, summary};

suite! { "map":
    two_items TWO_ITEMS, items_only ITEMS_ONLY, item_and_index ITEM_AND_INDEX, no_items NO_ITEMS, fails_fast FAILS_FAST,
    fails_as_a_whole FAILS_AS_A_WHOLE, enough ENOUGH, tolerated TOLERATED, too_many_failures TOO_MANY_FAILURES,
    too_high_a_share TOO_HIGH_A_SHARE, concurrent CONCURRENT, flat FLAT, named_items NAMED_ITEMS,
    wait_inside WAIT_INSIDE, large LARGE, then_wait THEN_WAIT, failures_then_wait FAILURES_THEN_WAIT,
    wrapped WRAPPED_ITEMS, joined JOINED_RESULTS, joined_then_wait JOINED_THEN_WAIT,
}

async fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

async fn echo(text: &str) -> String {
    text.to_owned()
}

const TWO_ITEMS: Row = Row::new("9-1", "two items with a step each").input(r#"["World","Kiro"]"#).events(
    r#"C0:map[Map] C0[MapIteration] S0 S+=`"Hello, World!"` C+=`"Hello, World!"`
       C0[MapIteration] S0 S+=`"Hello, Kiro!"` C+=`"Hello, Kiro!"` C+:map . X+=`["Hello, World!","Hello, Kiro!"]`"#,
);

#[durable]
async fn two_items(names: Vec<String>) -> Vec<String> {
    let greetings = map(names, async |name| {
        #[step]
        let greeting = greet(&name).await;
        greeting
    });
    greetings.named("map").max_concurrency(1).await
}

const ITEMS_ONLY: Row =
    Row::new("9-2", "a name need not be given").input("[1,2]").events("C0 C0 C+=`2` C0 C+=`4` C+ . X+=`[2,4]`");

#[durable]
async fn items_only(numbers: Vec<u32>) -> Vec<u32> {
    map(numbers, async |n| n * 2).max_concurrency(1).await
}

const ITEM_AND_INDEX: Row = Row::new("9-3", "the code gets the item and its position")
    .input("[10,20,30]")
    .events("C0 C0 C+=`10` C0 C+=`21` C0 C+=`32` C+ . X+=`[10,21,32]`");

#[durable]
async fn item_and_index(numbers: Vec<usize>) -> Vec<usize> {
    map(numbers.iter().enumerate(), async |(index, number)| number + index).max_concurrency(1).await
}

const NO_ITEMS: Row = Row::new("9-4", "no items at all").input("[]").events("C0 C+ . X+=`[]`");

#[durable]
async fn no_items(numbers: Vec<u32>) -> Vec<u32> {
    map(numbers, async |n| n).await
}

const FAILS_FAST: Row = Row::new("9-5", "after a failure no more items begin").events(
    r#"C0 C0 C+=`"ok"` C0 C-=`refused` C+ .
       X+=`{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","failureCount":1,"status":"FAILED","successCount":1,"totalCount":2}`"#,
);

#[durable]
async fn fails_fast() -> Value {
    let batch = map([true, false, true], async |good| outcome(good)).max_concurrency(1).settled();
    summary(&batch.tolerated_failures(0).await, ALL_FIELDS)
}

const FAILS_AS_A_WHOLE: Row =
    Row::new("9-6", "the first error is that of all").events("C0 C0 C-=`refused` C+ . X-=`refused`");

#[durable]
async fn fails_as_a_whole() -> Result<Vec<String>, String> {
    let batch = map([false, true], async |good| outcome(good)).max_concurrency(1).settled();
    batch.tolerated_failures(0).await.into_results().map_err(|error| error.to_string())
}

const ENOUGH: Row = Row::new("9-7", "two of four have to succeed").events(
    r#"C0 C0 C+ C0 C+ C+ . X+=`{"completionReason":"MIN_SUCCESSFUL_REACHED","successCount":2,"totalCount":2}`"#,
);

#[durable]
async fn enough() -> Value {
    let batch = map([true, true, true, true], async |good| outcome(good)).max_concurrency(1).settled();
    summary(&batch.min_successful(2).await, REASON_AND_SUCCESSES)
}

const TOLERATED: Row = Row::new("9-8", "one failure is tolerated, so all run").events(
    r#"C0 C0 C+ C0 C- C0 C+ C+ .
       X+=`{"completionReason":"ALL_COMPLETED","failureCount":1,"status":"FAILED","successCount":2,"totalCount":3}`"#,
);

#[durable]
async fn tolerated() -> Value {
    let batch = map([true, false, true], async |good| outcome(good)).max_concurrency(1).settled();
    summary(&batch.tolerated_failures(1).await, ALL_FIELDS)
}

const TOO_MANY_FAILURES: Row = Row::new("9-9", "more failures than are tolerated").events(
    r#"C0 C0 C- C0 C- C+ .
       X+=`{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","failureCount":2,"successCount":0,"totalCount":2}`"#,
);

#[durable]
async fn too_many_failures() -> Value {
    let batch = map([false, false, true], async |good| outcome(good)).max_concurrency(1).settled();
    summary(&batch.tolerated_failures(1).await, REASON_AND_COUNTS)
}

const TOO_HIGH_A_SHARE: Row = Row::new("9-10", "two of four fail where a quarter is tolerated").events(
    r#"C0 C0 C- C0 C- C+ .
       X+=`{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","failureCount":2,"successCount":0,"totalCount":2}`"#,
);

#[durable]
async fn too_high_a_share() -> Value {
    let batch = map([false, false, true, true], async |good| outcome(good)).max_concurrency(1).settled();
    summary(&batch.tolerated_failure_percentage(25).await, REASON_AND_COUNTS)
}

// The first item is the last to end.
const CONCURRENT: Row = Row::new("9-11", "items at the same time give results in their order")
    .events(r#"C0[Map] .. X+=`["r0","r1","r2"]`"#);

#[durable]
async fn concurrent() -> Vec<String> {
    let all = map(0..3, async |index| {
        if index == 0 {
            sleep(seconds(1)).await;
        }
        format!("r{index}")
    });
    all.max_concurrency(2).await
}

const FLAT: Row = Row::new("9-12", "flat items have no contexts")
    .events(r#"C0[Map] S0 S+=`"fa"` S0 S+=`"fb"` C+ . X+=`["fa","fb"]`"#);

#[durable]
async fn flat() -> Vec<String> {
    let both = map(["fa", "fb"], async |text| {
        #[step]
        let echoed = echo(text).await;
        echoed
    });
    both.max_concurrency(1).flat().await
}

const NAMED_ITEMS: Row = Row::new("9-13", "items have names")
    .input("[1,2]")
    .events("C0:named-items C0:item-1 C+:item-1=`10` C0:item-2 C+:item-2=`20` C+:named-items . X+=`[10,20]`");

#[durable]
async fn named_items(numbers: Vec<u32>) -> Vec<u32> {
    let all = map(numbers, async |n| n * 10).named("named-items");
    all.item_names(|_, index| format!("item-{}", index + 1)).max_concurrency(1).await
}

const WRAPPED_ITEMS: Row = Row::new("9-14", "a serdes wraps each item's result")
    .events(r#"C0 C0 C+=`wrapped:X` C0 C+=`wrapped:Y` C+ . X+=`["X","Y"]`"#);

#[durable]
async fn wrapped() -> Vec<String> {
    map(["x", "y"], async |text| text.to_uppercase()).max_concurrency(1).item_serdes(WRAPPED).await
}

const WAIT_INSIDE: Row = Row::new("9-15", "one item waits; the one that ended is not run again")
    .events(r#"C0 C0 S0 S+=`"r0"` C+=`"r0"` C0 W0[1] . W+ S0 S+=`"r1"` C+=`"r1"` C+ . X+=`["r0","r1"]`"#);

#[durable]
async fn wait_inside() -> Vec<String> {
    let both = map(["r0", "r1"], async |text| {
        if text == "r1" {
            sleep(seconds(1)).await;
        }
        #[step]
        let echoed = echo(text).await;
        echoed
    });
    both.max_concurrency(1).await
}

const LARGE: Row = Row::new("9-16", "a result of more than 256 KiB is kept by the items").events(
    r#"C0 C0 C+%`"xxx` C0 C+ C0 C+ C0 C+ C+[replayed]%`"completionReason":"ALL_COMPLETED"` .
       X+=`{"successCount":4,"totalCount":4}`"#,
);

#[durable]
async fn large() -> Value {
    summary(
        &map(0..4, async |_| outcome(true).map(|_| "x".repeat(70_000))).max_concurrency(1).settled().await,
        SUCCESSES,
    )
}

const THEN_WAIT: Row = Row::new("9-17", "a map, then a wait; the results are replayed")
    .events(r#"C0 C0 C+=`"A"` C0 C+=`"B"` C+ W0[1] . W+ . X+=`["A","B"]`"#);

#[durable]
async fn then_wait() -> Vec<String> {
    let all = map(["a", "b"], async |text| text.to_uppercase()).max_concurrency(1).await;
    sleep(seconds(1)).await;
    all
}

const FAILURES_THEN_WAIT: Row = Row::new("9-18", "a map with a failure, then a wait; the failure is replayed").events(
    r#"C0 C0 C+=`"ok"` C0 C- C+ W0[1] . W+ .
       X+=`{"completionReason":"ALL_COMPLETED","failureCount":1,"status":"FAILED","successCount":1,"totalCount":2}`"#,
);

#[durable]
async fn failures_then_wait() -> Result<Value, String> {
    let batch = map([true, false], async |good| outcome(good)).max_concurrency(1).settled();
    let batch = batch.tolerated_failures(1).await;
    sleep(seconds(1)).await;
    let errors: Vec<_> = batch.errors().map(ToString::to_string).collect();
    match errors.as_slice() {
        [error] if error == "refused" => Ok(summary(&batch, ALL_FIELDS)),
        _ => Err(format!("the errors are {errors:?}")),
    }
}

const JOINED_RESULTS: Row = Row::new("9-19", "a serdes writes the result of the whole map")
    .events(r#"C0 C0 C+=`"X"` C0 C+=`"Y"` C+=`OPSERDE:X,Y` . X+=`["X","Y"]`"#);

#[durable]
async fn joined() -> Vec<String> {
    map(["x", "y"], async |text| text.to_uppercase()).max_concurrency(1).serdes(JOINED).await
}

const JOINED_THEN_WAIT: Row = Row::new("9-20", "a serdes reads the result of the whole map on replay")
    .events(r#"C0 C0 C+ C0 C+ C+=`OPSERDE:X,Y` W0[1] . W+ . X+=`["X","Y"]`"#);

#[durable]
async fn joined_then_wait() -> Vec<String> {
    let all = map(["x", "y"], async |text| text.to_uppercase()).max_concurrency(1).serdes(JOINED).await;
    sleep(seconds(1)).await;
    all
}
