//! Several branches at once, and when that is enough.

use durable::prelude::*;
use serde_json::{Value, json};

use crate::row::{Row, suite};
use crate::serdes::WRAPPED;
use crate::summary::{Summary, outcome};

suite! { "parallel":
    two_branches TWO_BRANCHES, branches_only BRANCHES_ONLY, named_branches NAMED_BRANCHES, several_types SEVERAL_TYPES,
    no_branches NO_BRANCHES, fails_fast FAILS_FAST, fails_as_a_whole FAILS_AS_A_WHOLE, enough ENOUGH,
    tolerated TOLERATED, too_many_failures TOO_MANY_FAILURES, concurrent CONCURRENT, flat FLAT,
    too_high_a_share TOO_HIGH_A_SHARE, one_waits ONE_WAITS, wrapped WRAPPED_BRANCHES, all_fail ALL_FAIL, never_enough NEVER_ENOUGH,
    both_criteria BOTH_CRITERIA, no_concurrency NO_CONCURRENCY, accessors ACCESSORS, nested NESTED,
    exact_share EXACT_SHARE,
}

async fn double(n: u32) -> u32 {
    n * 2
}

const TWO_BRANCHES: Row = Row::new("8-1", "two branches with a step each")
    .events("C0[Parallel] C0[ParallelBranch] S0 S+=`2` C+=`2` C0[ParallelBranch] S0 S+=`4` C+=`4` C+ . X+=`[2,4]`");

#[durable]
async fn two_branches() -> Vec<u32> {
    let doubled = parallel((
        async {
            #[step(name = "first")]
            let doubled = double(1).await;
            doubled
        },
        async {
            #[step(name = "second")]
            let doubled = double(2).await;
            doubled
        },
    ));
    doubled.max_concurrency(1).await
}

const BRANCHES_ONLY: Row =
    Row::new("8-2", "nothing is given but the branches").events("C0 C0 C+ C0 C+ C+ . X+=`[1,2]`");

#[durable]
async fn branches_only() -> Vec<u32> {
    parallel((async { 1 }, async { 2 })).await
}

const NAMED_BRANCHES: Row = Row::new("8-3", "branches have names")
    .events("C0:both C0:left C+:left=`1` C0:right C+:right=`2` C+:both . X+=`[1,2]`");

#[durable]
async fn named_branches() -> Vec<u32> {
    parallel((async { 1 }.named("left"), async { 2 }.named("right"))).named("both").max_concurrency(1).await
}

const SEVERAL_TYPES: Row = Row::new("8-4", "branches return a number, a text and an object")
    .events(r#"C0 C0 C+=`1` C0 C+=`"two"` C0 C+=`{"three":3}` C+ . X+=`[1,"two",{"three":3}]`"#);

#[durable]
async fn several_types() -> Vec<Value> {
    parallel((async { json!(1) }, async { json!("two") }, async { json!({ "three": 3 }) })).max_concurrency(1).await
}

const NO_BRANCHES: Row = Row::new("8-5", "no branches at all").input("0").events("C0 C+ . X+=`[]`");

#[durable]
async fn no_branches(count: u32) -> Vec<u32> {
    let mut branches = Vec::new();
    for n in 0..count {
        branches.push(child(async move || n));
    }
    parallel(branches).await
}

const FAILS_FAST: Row = Row::new("8-6", "after a failure no more branches begin").events(
    "C0 C0 C+ C0 C-=`refused` C+ . X+=`{\"total\":2,\"succeeded\":1,\"failed\":1,\"reason\":\"FAILURE_TOLERANCE_EXCEEDED\"}`",
);

#[durable]
async fn fails_fast() -> Summary {
    let batch = parallel((async { outcome(true) }, async { outcome(false) }, async { outcome(true) }));
    Summary::of(&batch.max_concurrency(1).settled().await)
}

const FAILS_AS_A_WHOLE: Row =
    Row::new("8-7", "the first error is that of all").events("C0 C0 C-=`refused` C+ . X-=`refused`");

#[durable]
async fn fails_as_a_whole() -> Result<Vec<u32>, String> {
    let batch = parallel((async { outcome(false) }, async { outcome(true) }));
    batch.max_concurrency(1).settled().await.into_results().map_err(|error| error.to_string())
}

const ENOUGH: Row = Row::new("8-8", "two of four have to succeed").input("[true,true,true,true]").events(
    "C0 C0 C+ C0 C+ C+ . X+=`{\"total\":2,\"succeeded\":2,\"failed\":0,\"reason\":\"MIN_SUCCESSFUL_REACHED\"}`",
);

#[durable]
async fn enough(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    Summary::of(&parallel(branches).max_concurrency(1).settled().min_successful(2).await)
}

const TOLERATED: Row = Row::new("8-9", "one failure is tolerated, so all run")
    .input("[true,false,true]")
    .events("C0 C0 C+ C0 C- C0 C+ C+ . X+=`{\"total\":3,\"succeeded\":2,\"failed\":1,\"reason\":\"ALL_COMPLETED\"}`");

#[durable]
async fn tolerated(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    Summary::of(&parallel(branches).max_concurrency(1).settled().tolerated_failures(1).await)
}

const TOO_MANY_FAILURES: Row = Row::new("8-10", "more failures than are tolerated").input("[false,false,true]").events(
    "C0 C0 C- C0 C- C+ . X+=`{\"total\":2,\"succeeded\":0,\"failed\":2,\"reason\":\"FAILURE_TOLERANCE_EXCEEDED\"}`",
);

#[durable]
async fn too_many_failures(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    Summary::of(&parallel(branches).max_concurrency(1).settled().tolerated_failures(1).await)
}

const CONCURRENT: Row =
    Row::new("8-11", "branches at the same time give results in their order").events("C0[Parallel] .. X+=`[2,4,6]`");

#[durable]
async fn concurrent() -> Vec<u32> {
    let doubled = parallel((
        async {
            sleep(seconds(2)).await;
            #[step(name = "last")]
            let doubled = double(1).await;
            doubled
        },
        async {
            sleep(seconds(1)).await;
            #[step(name = "second")]
            let doubled = double(2).await;
            doubled
        },
        async {
            #[step(name = "first")]
            let doubled = double(3).await;
            doubled
        },
    ));
    doubled.await
}

const FLAT: Row =
    Row::new("8-12", "flat branches have no contexts").events("C0[Parallel] S0 S+=`2` S0 S+=`4` C+ . X+=`[2,4]`");

#[durable]
async fn flat() -> Vec<u32> {
    let doubled = parallel((
        async {
            #[step(name = "first")]
            let doubled = double(1).await;
            doubled
        },
        async {
            #[step(name = "second")]
            let doubled = double(2).await;
            doubled
        },
    ));
    doubled.max_concurrency(1).flat().await
}

const TOO_HIGH_A_SHARE: Row =
    Row::new("8-13", "two of four fail where a quarter is tolerated").input("[false,false,true,true]").events(
        "C0 C0 C- C0 C- C+ . X+=`{\"total\":2,\"succeeded\":0,\"failed\":2,\"reason\":\"FAILURE_TOLERANCE_EXCEEDED\"}`",
    );

#[durable]
async fn too_high_a_share(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    Summary::of(&parallel(branches).max_concurrency(1).settled().tolerated_failure_percentage(25).await)
}

const ONE_WAITS: Row = Row::new("8-14", "one branch waits; the one that ended is not run again")
    .events("C0 C0 S0 S+=`2` C+ C0 W0 . W+ C+ C+ . X+=`[2,2]`");

#[durable]
async fn one_waits() -> Vec<u32> {
    let both = parallel((
        async {
            #[step]
            let doubled = double(1).await;
            doubled
        },
        async {
            sleep(seconds(1)).await;
            2
        },
    ));
    both.max_concurrency(1).await
}

const WRAPPED_BRANCHES: Row = Row::new("8-15", "a serdes wraps each branch's result")
    .events(r#"C0 C0 C+=`wrapped:a` C0 C+=`wrapped:b` C+ . X+=`["a","b"]`"#);

#[durable]
async fn wrapped() -> Vec<String> {
    let both = parallel((async { "a".to_owned() }, async { "b".to_owned() }));
    both.max_concurrency(1).item_serdes(WRAPPED).await
}

const ALL_FAIL: Row = Row::new("8-16", "all fail, and all are tolerated")
    .input("[false,false,false]")
    .events("C0 C0 C- C0 C- C0 C- C+ . X+=`{\"total\":3,\"succeeded\":0,\"failed\":3,\"reason\":\"ALL_COMPLETED\"}`");

#[durable]
async fn all_fail(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    Summary::of(&parallel(branches).max_concurrency(1).settled().tolerated_failures(3).await)
}

const NEVER_ENOUGH: Row = Row::new("8-17", "three have to succeed, which can't be any more; all run")
    .input("[true,false,true]")
    .events("C0 C0 C+ C0 C- C0 C+ C+ . X+=`{\"total\":3,\"succeeded\":2,\"failed\":1,\"reason\":\"ALL_COMPLETED\"}`");

#[durable]
async fn never_enough(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    Summary::of(&parallel(branches).max_concurrency(1).settled().min_successful(3).await)
}

const BOTH_CRITERIA: Row =
    Row::new("8-18", "too many failures come before enough successes").input("[false,false,true,true]").events(
        "C0 C0 C- C0 C- C+ . X+=`{\"total\":2,\"succeeded\":0,\"failed\":2,\"reason\":\"FAILURE_TOLERANCE_EXCEEDED\"}`",
    );

#[durable]
async fn both_criteria(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    let batch = parallel(branches).max_concurrency(1).settled().min_successful(2).tolerated_failures(1);
    Summary::of(&batch.await)
}

const NO_CONCURRENCY: Row = Row::new("8-19", "none at a time is refused before anything is recorded")
    .events(". X-%`at least 1`!`ValidationError`");

#[durable]
async fn no_concurrency() -> Vec<u32> {
    parallel((async { 1 }, async { 2 })).max_concurrency(0).await
}

const ACCESSORS: Row = Row::new("8-20", "what a batch tells of itself")
    .events(r#"C0 C0 C+ C0 C- C0 C+ C+ . X+=`[true,3,2,1,0,["refused"],[1,1]]`"#);

#[durable]
async fn accessors() -> (bool, usize, usize, usize, usize, Vec<String>, Vec<u32>) {
    let batch = parallel((async { outcome(true) }, async { outcome(false) }, async { outcome(true) }));
    let batch = batch.max_concurrency(1).settled().all_completed().await;
    (
        batch.has_failure(),
        batch.total_count(),
        batch.success_count(),
        batch.failure_count(),
        batch.started_count(),
        batch.errors().map(ToString::to_string).collect(),
        batch.results().copied().collect(),
    )
}

const NESTED: Row = Row::new("8-21", "a parallel in a branch of another").events(
    "C0:outer C0[ParallelBranch] C0:inner C0 S0 S+=`2` C+ C0 S0 S+=`4` C+ C+:inner C+=`[2,4]` C+:outer . X+=`[[2,4]]`",
);

#[durable]
async fn nested() -> Vec<Vec<u32>> {
    let outer = parallel((async {
        let inner = parallel((
            async {
                #[step(name = "first")]
                let doubled = double(1).await;
                doubled
            },
            async {
                #[step(name = "second")]
                let doubled = double(2).await;
                doubled
            },
        ));
        inner.named("inner").max_concurrency(1).await
    },));
    outer.named("outer").max_concurrency(1).await
}

const EXACT_SHARE: Row =
    Row::new("8-22", "one of four fails where a quarter is tolerated").input("[false,true,true,true]").events(
        "C0 C0 C- C0 C+ C0 C+ C0 C+ C+ . X+=`{\"total\":4,\"succeeded\":3,\"failed\":1,\"reason\":\"ALL_COMPLETED\"}`",
    );

#[durable]
async fn exact_share(outcomes: Vec<bool>) -> Summary {
    let mut branches = Vec::new();
    for good in outcomes {
        branches.push(child(async move || outcome(good)));
    }
    Summary::of(&parallel(branches).max_concurrency(1).settled().tolerated_failure_percentage(25).await)
}
