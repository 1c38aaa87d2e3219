//! The same code for each of a list of items.

use durable::prelude::*;

use crate::row::{Row, suite};
use crate::serdes::{JOINED, WRAPPED};
use crate::summary::{Summary, outcome};

suite! { "map":
    two_items TWO_ITEMS, items_only ITEMS_ONLY, item_and_index ITEM_AND_INDEX, no_items NO_ITEMS, fails_fast FAILS_FAST,
    fails_as_a_whole FAILS_AS_A_WHOLE, enough ENOUGH, tolerated TOLERATED, too_many_failures TOO_MANY_FAILURES,
    too_high_a_share TOO_HIGH_A_SHARE, concurrent CONCURRENT, flat FLAT, named_items NAMED_ITEMS,
    wait_inside WAIT_INSIDE, large LARGE, then_wait THEN_WAIT, failures_then_wait FAILURES_THEN_WAIT,
    wrapped WRAPPED_ITEMS, joined JOINED_RESULTS, joined_then_wait JOINED_THEN_WAIT,
}

async fn double(n: u32) -> u32 {
    n * 2
}

const TWO_ITEMS: Row = Row::new("9-1", "two items with a step each")
    .input("[1,2]")
    .events("C0[Map] C0[MapIteration] S0 S+=`2` C+=`2` C0[MapIteration] S0 S+=`4` C+=`4` C+ . X+=`[2,4]`");

#[durable]
async fn two_items(numbers: Vec<u32>) -> Vec<u32> {
    let doubled = map(numbers, async |n| {
        #[step]
        let doubled = double(n).await;
        doubled
    });
    doubled.max_concurrency(1).await
}

const ITEMS_ONLY: Row =
    Row::new("9-2", "nothing is given but the items").input("[1,2]").events("C0 C0 C+ C0 C+ C+ . X+=`[1,2]`");

#[durable]
async fn items_only(numbers: Vec<u32>) -> Vec<u32> {
    map(numbers, async |n| n).await
}

const ITEM_AND_INDEX: Row = Row::new("9-3", "the code gets the item and its position")
    .input(r#"["a","b","c"]"#)
    .events(r#"C0 C0 C+=`"0a"` C0 C+=`"1b"` C0 C+=`"2c"` C+ . X+=`["0a","1b","2c"]`"#);

#[durable]
async fn item_and_index(items: Vec<String>) -> Vec<String> {
    map(items.iter().enumerate(), async |(index, item)| format!("{index}{item}")).max_concurrency(1).await
}

const NO_ITEMS: Row = Row::new("9-4", "no items at all").input("[]").events("C0 C+ . X+=`[]`");

#[durable]
async fn no_items(numbers: Vec<u32>) -> Vec<u32> {
    map(numbers, async |n| n).await
}

const FAILS_FAST: Row = Row::new("9-5", "after a failure no more items begin").input("[true,false,true]").events(
    "C0 C0 C+ C0 C-=`refused` C+ . X+=`{\"total\":2,\"succeeded\":1,\"failed\":1,\"reason\":\"FAILURE_TOLERANCE_EXCEEDED\"}`",
);

#[durable]
async fn fails_fast(outcomes: Vec<bool>) -> Summary {
    Summary::of(&map(outcomes, async |good| outcome(good)).max_concurrency(1).settled().await)
}

const FAILS_AS_A_WHOLE: Row = Row::new("9-6", "the first error is that of all")
    .input("[false,true]")
    .events("C0 C0 C-=`refused` C+ . X-=`refused`");

#[durable]
async fn fails_as_a_whole(outcomes: Vec<bool>) -> Result<Vec<u32>, String> {
    let batch = map(outcomes, async |good| outcome(good)).max_concurrency(1).settled().await;
    batch.into_results().map_err(|error| error.to_string())
}

const ENOUGH: Row = Row::new("9-7", "two of four have to succeed").input("[true,true,true,true]").events(
    "C0 C0 C+ C0 C+ C+ . X+=`{\"total\":2,\"succeeded\":2,\"failed\":0,\"reason\":\"MIN_SUCCESSFUL_REACHED\"}`",
);

#[durable]
async fn enough(outcomes: Vec<bool>) -> Summary {
    let batch = map(outcomes, async |good| outcome(good)).max_concurrency(1).settled();
    Summary::of(&batch.min_successful(2).await)
}

const TOLERATED: Row = Row::new("9-8", "one failure is tolerated, so all run")
    .input("[true,false,true]")
    .events("C0 C0 C+ C0 C- C0 C+ C+ . X+=`{\"total\":3,\"succeeded\":2,\"failed\":1,\"reason\":\"ALL_COMPLETED\"}`");

#[durable]
async fn tolerated(outcomes: Vec<bool>) -> Summary {
    let batch = map(outcomes, async |good| outcome(good)).max_concurrency(1).settled();
    Summary::of(&batch.tolerated_failures(1).await)
}

const TOO_MANY_FAILURES: Row = Row::new("9-9", "more failures than are tolerated").input("[false,false,true]").events(
    "C0 C0 C- C0 C- C+ . X+=`{\"total\":2,\"succeeded\":0,\"failed\":2,\"reason\":\"FAILURE_TOLERANCE_EXCEEDED\"}`",
);

#[durable]
async fn too_many_failures(outcomes: Vec<bool>) -> Summary {
    let batch = map(outcomes, async |good| outcome(good)).max_concurrency(1).settled();
    Summary::of(&batch.tolerated_failures(1).await)
}

const TOO_HIGH_A_SHARE: Row =
    Row::new("9-10", "two of four fail where a quarter is tolerated").input("[false,false,true,true]").events(
        "C0 C0 C- C0 C- C+ . X+=`{\"total\":2,\"succeeded\":0,\"failed\":2,\"reason\":\"FAILURE_TOLERANCE_EXCEEDED\"}`",
    );

#[durable]
async fn too_high_a_share(outcomes: Vec<bool>) -> Summary {
    let batch = map(outcomes, async |good| outcome(good)).max_concurrency(1).settled();
    Summary::of(&batch.tolerated_failure_percentage(25).await)
}

const CONCURRENT: Row = Row::new("9-11", "items at the same time give results in their order")
    .input("[3,2,1]")
    .events("C0[Map] .. X+=`[6,4,2]`");

#[durable]
async fn concurrent(numbers: Vec<u32>) -> Vec<u32> {
    let doubled = map(numbers, async |n| {
        sleep(seconds(n.into())).await;
        #[step]
        let doubled = double(n).await;
        doubled
    });
    doubled.await
}

const FLAT: Row = Row::new("9-12", "flat items have no contexts")
    .input("[1,2]")
    .events("C0[Map] S0 S+=`2` S0 S+=`4` C+ . X+=`[2,4]`");

#[durable]
async fn flat(numbers: Vec<u32>) -> Vec<u32> {
    let doubled = map(numbers, async |n| {
        #[step]
        let doubled = double(n).await;
        doubled
    });
    doubled.max_concurrency(1).flat().await
}

const NAMED_ITEMS: Row = Row::new("9-13", "items have names")
    .input("[1,2]")
    .events("C0:named-items C0:item-1 C+:item-1 C0:item-2 C+:item-2 C+:named-items . X+");

#[durable]
async fn named_items(numbers: Vec<u32>) -> Vec<u32> {
    let all = map(numbers, async |n| n).named("named-items");
    all.item_names(|_, index| format!("item-{}", index + 1)).max_concurrency(1).await
}

const WAIT_INSIDE: Row = Row::new("9-15", "one item waits; the one that ended is not run again")
    .input("[1,2]")
    .events("C0 C0 S0 S+=`2` C+ C0 W0 . W+ S0 S+=`4` C+ C+ . X+=`[2,4]`");

#[durable]
async fn wait_inside(numbers: Vec<u32>) -> Vec<u32> {
    let doubled = map(numbers, async |n| {
        if n == 2 {
            sleep(seconds(1)).await;
        }
        #[step]
        let doubled = double(n).await;
        doubled
    });
    doubled.max_concurrency(1).await
}

const LARGE: Row = Row::new("9-16", "a result of more than 256 KiB is kept by the items")
    .input("100000")
    .events("C0 C0 C+%`\"xxx` C0 C+ C0 C+ C+[replayed]%`\"completionReason\":\"ALL_COMPLETED\"` . X+=`300000`");

#[durable]
async fn large(length: usize) -> usize {
    let pages = map(0..3, async |_| "x".repeat(length)).max_concurrency(1).await;
    pages.iter().map(String::len).sum()
}

const THEN_WAIT: Row = Row::new("9-17", "a map, then a wait; the results are replayed")
    .input("[1,2]")
    .events("C0 C0 C+ C0 C+ C+ W0 . W+ . X+=`[1,2]`");

#[durable]
async fn then_wait(numbers: Vec<u32>) -> Vec<u32> {
    let all = map(numbers, async |n| n).max_concurrency(1).await;
    sleep(seconds(1)).await;
    all
}

const FAILURES_THEN_WAIT: Row = Row::new("9-18", "a map with a failure, then a wait; the failure is replayed")
    .input("[true,false]")
    .events(r#"C0 C0 C+ C0 C- C+ W0 . W+ . X+=`[[1],["refused"]]`"#);

#[durable]
async fn failures_then_wait(outcomes: Vec<bool>) -> (Vec<u32>, Vec<String>) {
    let batch = map(outcomes, async |good| outcome(good)).max_concurrency(1).settled().all_completed().await;
    sleep(seconds(1)).await;
    (batch.results().copied().collect(), batch.errors().map(ToString::to_string).collect())
}

const WRAPPED_ITEMS: Row = Row::new("9-14", "a serdes wraps each item's result")
    .input(r#"["X","Y"]"#)
    .events(r#"C0 C0 C+=`wrapped:X` C0 C+=`wrapped:Y` C+ . X+=`["X","Y"]`"#);

#[durable]
async fn wrapped(items: Vec<String>) -> Vec<String> {
    map(items, async |item| item).max_concurrency(1).item_serdes(WRAPPED).await
}

const JOINED_RESULTS: Row = Row::new("9-19", "a serdes writes the result of the whole map")
    .input(r#"["X","Y"]"#)
    .events(r#"C0 C0 C+=`"X"` C0 C+=`"Y"` C+=`OPSERDE:X,Y` . X+=`["X","Y"]`"#);

#[durable]
async fn joined(items: Vec<String>) -> Vec<String> {
    map(items, async |item| item).max_concurrency(1).serdes(JOINED).await
}

const JOINED_THEN_WAIT: Row = Row::new("9-20", "a serdes reads the result of the whole map on replay")
    .input(r#"["X","Y"]"#)
    .events(r#"C0 C0 C+ C0 C+ C+=`OPSERDE:X,Y` W0 . W+ . X+=`["X","Y"]`"#);

#[durable]
async fn joined_then_wait(items: Vec<String>) -> Vec<String> {
    let all = map(items, async |item| item).max_concurrency(1).serdes(JOINED).await;
    sleep(seconds(1)).await;
    all
}
