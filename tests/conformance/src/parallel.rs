//! Several branches at once, and when that is enough.

use durable::prelude::*;
use serde_json::{Value, json};

use crate::row::{Row, suite};
use crate::serdes::ENVELOPE;
use crate::summary::{ALL_FIELDS, FAILURES, REASON_AND_COUNTS, REASON_AND_SUCCESSES, outcome, summary};

suite! { "parallel":
    two_branches TWO_BRANCHES, branches_only BRANCHES_ONLY, named_branches NAMED_BRANCHES, several_types SEVERAL_TYPES,
    no_branches NO_BRANCHES, fails_fast FAILS_FAST, fails_as_a_whole FAILS_AS_A_WHOLE, enough ENOUGH,
    tolerated TOLERATED, too_many_failures TOO_MANY_FAILURES, concurrent CONCURRENT, flat FLAT,
    too_high_a_share TOO_HIGH_A_SHARE, one_waits ONE_WAITS, wrapped WRAPPED_BRANCHES, all_fail ALL_FAIL, never_enough NEVER_ENOUGH,
    both_criteria BOTH_CRITERIA, no_concurrency NO_CONCURRENCY, accessors ACCESSORS, nested NESTED,
    exact_share EXACT_SHARE,
}

async fn text(text: &str) -> String {
    text.to_owned()
}

const TWO_BRANCHES: Row = Row::new("8-1", "two branches with a step each").events(
    r#"C0:parallel[Parallel] C0[ParallelBranch] S0 S+=`"task-1"` C+=`"task-1"`
       C0[ParallelBranch] S0 S+=`"task-2"` C+=`"task-2"` C+:parallel . X+=`["task-1","task-2"]`"#,
);

#[durable]
async fn two_branches() -> Vec<String> {
    let tasks = parallel((
        async {
            #[step(name = "first")]
            let task = text("task-1").await;
            task
        },
        async {
            #[step(name = "second")]
            let task = text("task-2").await;
            task
        },
    ));
    tasks.named("parallel").max_concurrency(1).await
}

const BRANCHES_ONLY: Row = Row::new("8-2", "a name need not be given")
    .events(r#"C0 C0 C+=`"alpha"` C0 C+=`"beta"` C+ . X+=`["alpha","beta"]`"#);

#[durable]
async fn branches_only() -> Vec<String> {
    parallel((async { "alpha".to_owned() }, async { "beta".to_owned() })).max_concurrency(1).await
}

const NAMED_BRANCHES: Row = Row::new("8-3", "branches have names")
    .events(r#"C0:named C0:first C+:first=`"one"` C0:second C+:second=`"two"` C+:named . X+=`["one","two"]`"#);

#[durable]
async fn named_branches() -> Vec<String> {
    let both = parallel((async { "one".to_owned() }.named("first"), async { "two".to_owned() }.named("second")));
    both.named("named").max_concurrency(1).await
}

const SEVERAL_TYPES: Row = Row::new("8-4", "branches return a text, a number and an object")
    .events(r#"C0 C0 C+=`"hello"` C0 C+=`42` C0 C+=`{"k":"v"}` C+ . X+=`["hello",42,{"k":"v"}]`"#);

#[durable]
async fn several_types() -> Vec<Value> {
    parallel((async { json!("hello") }, async { json!(42) }, async { json!({ "k": "v" }) })).max_concurrency(1).await
}

const NO_BRANCHES: Row = Row::new("8-5", "no branches at all").events("C0 C+ . X+=`[]`");

#[durable]
async fn no_branches(texts: Option<Vec<String>>) -> Vec<String> {
    let mut branches = Vec::new();
    for text in texts.unwrap_or_default() {
        branches.push(child(async move || text.clone()));
    }
    parallel(branches).await
}

const FAILS_FAST: Row = Row::new("8-6", "after a failure no more branches begin").events(
    r#"C0 C0 C+=`"ok"` C0 C-=`refused` C+ .
       X+=`{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","failureCount":1,"status":"FAILED","successCount":1,"totalCount":2}`"#,
);

#[durable]
async fn fails_fast() -> Value {
    let batch = parallel((async { outcome(true) }, async { outcome(false) }, async { outcome(true) }));
    summary(&batch.max_concurrency(1).settled().tolerated_failures(0).await, ALL_FIELDS)
}

const FAILS_AS_A_WHOLE: Row =
    Row::new("8-7", "the first error is that of all").events("C0 C0 C-=`refused` C+ . X-=`refused`");

#[durable]
async fn fails_as_a_whole() -> Result<Vec<String>, String> {
    let batch = parallel((async { outcome(false) }, async { outcome(true) }));
    let batch = batch.max_concurrency(1).settled().tolerated_failures(0).await;
    batch.into_results().map_err(|error| error.to_string())
}

const ENOUGH: Row = Row::new("8-8", "two of four have to succeed").events(
    r#"C0 C0 C+ C0 C+ C+ . X+=`{"completionReason":"MIN_SUCCESSFUL_REACHED","successCount":2,"totalCount":2}`"#,
);

#[durable]
async fn enough() -> Value {
    let mut branches = Vec::new();
    for good in [true, true, true, true] {
        branches.push(child(async move || outcome(good)));
    }
    summary(&parallel(branches).max_concurrency(1).settled().min_successful(2).await, REASON_AND_SUCCESSES)
}

const TOLERATED: Row = Row::new("8-9", "one failure is tolerated, so all run").events(
    r#"C0 C0 C+ C0 C- C0 C+ C+ .
       X+=`{"completionReason":"ALL_COMPLETED","failureCount":1,"status":"FAILED","successCount":2,"totalCount":3}`"#,
);

#[durable]
async fn tolerated() -> Value {
    let mut branches = Vec::new();
    for good in [true, false, true] {
        branches.push(child(async move || outcome(good)));
    }
    summary(&parallel(branches).max_concurrency(1).settled().tolerated_failures(1).await, ALL_FIELDS)
}

const TOO_MANY_FAILURES: Row = Row::new("8-10", "more failures than are tolerated").events(
    r#"C0 C0 C- C0 C- C+ .
       X+=`{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","failureCount":2,"successCount":0,"totalCount":2}`"#,
);

#[durable]
async fn too_many_failures() -> Value {
    let mut branches = Vec::new();
    for good in [false, false, true] {
        branches.push(child(async move || outcome(good)));
    }
    summary(&parallel(branches).max_concurrency(1).settled().tolerated_failures(1).await, REASON_AND_COUNTS)
}

// The first branch is the last to end.
const CONCURRENT: Row = Row::new("8-11", "branches at the same time give results in their order")
    .events(r#"C0[Parallel] .. X+=`["r0","r1","r2"]`"#);

#[durable]
async fn concurrent() -> Vec<String> {
    let all = parallel((
        async {
            sleep(seconds(1)).await;
            "r0".to_owned()
        },
        async { "r1".to_owned() },
        async { "r2".to_owned() },
    ));
    all.max_concurrency(2).await
}

const FLAT: Row = Row::new("8-12", "flat branches have no contexts")
    .events(r#"C0[Parallel] S0 S+=`"fa"` S0 S+=`"fb"` C+ . X+=`["fa","fb"]`"#);

#[durable]
async fn flat() -> Vec<String> {
    let both = parallel((
        async {
            #[step(name = "first")]
            let flat = text("fa").await;
            flat
        },
        async {
            #[step(name = "second")]
            let flat = text("fb").await;
            flat
        },
    ));
    both.max_concurrency(1).flat().await
}

const TOO_HIGH_A_SHARE: Row = Row::new("8-13", "two of four fail where a quarter is tolerated").events(
    r#"C0 C0 C- C0 C- C+ .
       X+=`{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","failureCount":2,"successCount":0,"totalCount":2}`"#,
);

#[durable]
async fn too_high_a_share() -> Value {
    let mut branches = Vec::new();
    for good in [false, false, true, true] {
        branches.push(child(async move || outcome(good)));
    }
    let batch = parallel(branches).max_concurrency(1).settled().tolerated_failure_percentage(25);
    summary(&batch.await, REASON_AND_COUNTS)
}

const ONE_WAITS: Row = Row::new("8-14", "one branch waits; the one that ended is not run again")
    .events(r#"C0 C0 S0 S+=`"b0"` C+=`"b0"` C0 W0[2] . W+ C+=`"b1"` C+ . X+=`["b0","b1"]`"#);

#[durable]
async fn one_waits() -> Vec<String> {
    let both = parallel((
        async {
            #[step]
            let first = text("b0").await;
            first
        },
        async {
            sleep(seconds(2)).await;
            "b1".to_owned()
        },
    ));
    both.max_concurrency(1).await
}

const WRAPPED_BRANCHES: Row = Row::new("8-15", "a serdes wraps each branch's result")
    .events(r#"C0 C0 C+=`{"wrapped":"x"}` C0 C+=`{"wrapped":"y"}` C+ . X+=`["x","y"]`"#);

#[durable]
async fn wrapped() -> Vec<String> {
    let both = parallel((async { "x".to_owned() }, async { "y".to_owned() }));
    both.max_concurrency(1).item_serdes(ENVELOPE).await
}

const ALL_FAIL: Row = Row::new("8-16", "all fail, and all are tolerated").events(
    r#"C0 C0 C- C0 C- C0 C- C+ .
       X+=`{"completionReason":"ALL_COMPLETED","failureCount":3,"status":"FAILED","successCount":0,"totalCount":3}`"#,
);

#[durable]
async fn all_fail() -> Value {
    let mut branches = Vec::new();
    for good in [false, false, false] {
        branches.push(child(async move || outcome(good)));
    }
    summary(&parallel(branches).max_concurrency(1).settled().tolerated_failures(3).await, ALL_FIELDS)
}

const NEVER_ENOUGH: Row = Row::new("8-17", "three have to succeed, which can't be any more; all run").events(
    r#"C0 C0 C+ C0 C- C0 C+ C+ .
       X+=`{"completionReason":"ALL_COMPLETED","failureCount":1,"status":"FAILED","successCount":2,"totalCount":3}`"#,
);

#[durable]
async fn never_enough() -> Value {
    let mut branches = Vec::new();
    for good in [true, false, true] {
        branches.push(child(async move || outcome(good)));
    }
    summary(&parallel(branches).max_concurrency(1).settled().min_successful(3).await, ALL_FIELDS)
}

const BOTH_CRITERIA: Row = Row::new("8-18", "too many failures come before enough successes").events(
    r#"C0 C0 C- C0 C- C+ .
       X+=`{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","failureCount":2,"successCount":0,"totalCount":2}`"#,
);

#[durable]
async fn both_criteria() -> Value {
    let mut branches = Vec::new();
    for good in [false, false, true, true] {
        branches.push(child(async move || outcome(good)));
    }
    let batch = parallel(branches).max_concurrency(1).settled().min_successful(3).tolerated_failures(1);
    summary(&batch.await, REASON_AND_COUNTS)
}

const NO_CONCURRENCY: Row = Row::new("8-19", "none at a time is refused before anything is recorded")
    .events(". X-%`at least 1`!`ValidationError`");

#[durable]
async fn no_concurrency() -> Vec<u32> {
    parallel((async { 1 }, async { 2 })).max_concurrency(0).await
}

const ACCESSORS: Row = Row::new("8-20", "what a batch tells of itself")
    .events(r#"C0 C0 C+ C0 C- C0 C+ C+ . X+=`{"errorCount":1,"failureCount":1,"hasFailure":true,"successCount":2}`"#);

#[durable]
async fn accessors() -> Value {
    let batch = parallel((async { outcome(true) }, async { outcome(false) }, async { outcome(true) }));
    summary(&batch.max_concurrency(1).settled().tolerated_failures(1).await, FAILURES)
}

const NESTED: Row = Row::new("8-21", "a parallel in a branch of another").events(
    r#"C0:outer C0[ParallelBranch] C0:inner C0 S0 S+=`"i1"` C+ C0 S0 S+=`"i2"` C+ C+:inner C+=`["i1","i2"]` C+:outer .
       X+=`[["i1","i2"]]`"#,
);

#[durable]
async fn nested() -> Vec<Vec<String>> {
    let outer = parallel((async {
        let inner = parallel((
            async {
                #[step(name = "first")]
                let inner = text("i1").await;
                inner
            },
            async {
                #[step(name = "second")]
                let inner = text("i2").await;
                inner
            },
        ));
        inner.named("inner").max_concurrency(1).await
    },));
    outer.named("outer").max_concurrency(1).await
}

const EXACT_SHARE: Row = Row::new("8-22", "one of four fails where a quarter is tolerated").events(
    r#"C0 C0 C- C0 C+ C0 C+ C0 C+ C+ .
       X+=`{"completionReason":"ALL_COMPLETED","failureCount":1,"status":"FAILED","successCount":3,"totalCount":4}`"#,
);

#[durable]
async fn exact_share() -> Value {
    let mut branches = Vec::new();
    for good in [false, true, true, true] {
        branches.push(child(async move || outcome(good)));
    }
    let batch = parallel(branches).max_concurrency(1).settled().tolerated_failure_percentage(25);
    summary(&batch.await, ALL_FIELDS)
}
