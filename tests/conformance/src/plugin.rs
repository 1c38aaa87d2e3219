//! Observers: told in order, of everything, once; and not able to hurt.

use durable::attempt;
use durable::prelude::*;
use serde_json::Value;

use crate::row::{Row, suite};
use crate::witness::Told;

suite! { "plugin":
    around_a_step AROUND_A_STEP, one_operation ONE_OPERATION, two_attempts TWO_ATTEMPTS, faulty_observer FAULTY_OBSERVER,
    two_observers TWO_OBSERVERS, first_invocation FIRST_INVOCATION, failed_invocation FAILED_INVOCATION,
    changes CHANGES, updated_wait UPDATED_WAIT, wait_hooks WAIT_HOOKS, parents PARENTS, branches BRANCHES,
    replay_flags REPLAY_FLAGS, results RESULTS, exhausted EXHAUSTED, suspension SUSPENSION, healthy_observer HEALTHY_OBSERVER,
    two_waits TWO_WAITS, invocation_fields INVOCATION_FIELDS, operation_fields OPERATION_FIELDS,
    attempt_fields ATTEMPT_FIELDS, change_fields CHANGE_FIELDS, sub_types SUB_TYPES,
}

type Checked = Result<(), String>;

fn require(holds: bool, problem: impl Into<String>) -> Checked {
    if holds { Ok(()) } else { Err(problem.into()) }
}

/// The facts of one hook, in the order in which they came.
fn of<'t>(told: &'t Told, hook: &str) -> Result<Vec<&'t Value>, String> {
    Ok(told.healthy()?.into_iter().filter(|(name, _)| *name == hook).map(|(_, facts)| facts).collect())
}

/// One field of each, as text.
fn fields(facts: &[&Value], field: &str) -> String {
    facts.iter().map(|facts| facts[field].to_string().replace('"', "")).collect::<Vec<_>>().join(" ")
}

fn expect(facts: &[&Value], field: &str, expected: &str) -> Checked {
    let actual = fields(facts, field);
    require(actual == expected, format!("`{field}` is {actual}, not {expected}"))
}

/// Who is greeted.
const ADA: &str = r#""Ada""#;

async fn greet(name: &str) -> String {
    tracing::info!("Greeting step running for: {name}");
    format!("Hello, {name}!")
}

async fn one() -> u32 {
    1
}

async fn fails_once() -> Result<u32, String> {
    if attempt() == 1 { Err("not yet".to_owned()) } else { Ok(2) }
}

async fn operate() -> Result<String, String> {
    fails_once().await.map(|_| "Operation succeeded".to_owned())
}

async fn fails() -> Result<u32, String> {
    Err("boom".to_owned())
}

const AROUND_A_STEP: Row =
    Row::new("10-1", "an invocation's hooks stand around all others").input(ADA).events("S0 S+ . X+").told(|told| {
        let hooks: Vec<_> = told.healthy()?.into_iter().map(|(hook, _)| hook).collect();
        let expected = [
            "invocation_started",
            "operation_started",
            "user_function_started",
            "user_function_ended",
            "operations_changed",
            "operation_ended",
            "invocation_ended",
        ];
        require(hooks == expected, format!("the hooks are {hooks:?}"))?;
        require(told.logged(false) == ["Greeting step running for: Ada"], "the step has not logged its line")
    });

#[durable]
async fn around_a_step(name: String) -> String {
    #[step]
    greet(&name).await
}

const ONE_OPERATION: Row =
    Row::new("10-2", "an operation begins once and ends once").input(ADA).events("S0 S+ . X+").told(|told| {
        expect(&of(told, "operation_started")?, "name", "greet")?;
        expect(&of(told, "operation_ended")?, "name", "greet")
    });

#[durable]
async fn one_operation(name: String) -> String {
    #[step]
    greet(&name).await
}

const TWO_ATTEMPTS: Row =
    Row::new("10-3", "each attempt has its number and its outcome").events("S0 S-~*#1 . S0 S+#2 . X+").told(|told| {
        expect(&of(told, "user_function_started")?, "attempt", "1 2")?;
        expect(&of(told, "user_function_ended")?, "attempt", "1 2")?;
        expect(&of(told, "user_function_ended")?, "outcome", "Failed Succeeded")
    });

#[durable]
async fn two_attempts() -> Result<String, String> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    operate().await
}

const FAULTY_OBSERVER: Row = Row::new("10-4", "an observer that panics is harmless")
    .input(ADA)
    .events("S0 S+ . X+")
    .told(|told| require(told.faults() == 6, "the faulty observer was not told everything"));

#[durable]
async fn faulty_observer(name: String) -> String {
    #[step]
    greet(&name).await
}

const TWO_OBSERVERS: Row = Row::new("10-5", "two observers are told the same")
    .input(ADA)
    .events("S0 S+ . X+")
    .told(|told| require(told.healthy()?.len() == 7, "a hook is missing"));

#[durable]
async fn two_observers(name: String) -> String {
    #[step]
    greet(&name).await
}

const FIRST_INVOCATION: Row = Row::new("10-6", "the first invocation says so, the next does not")
    .events("W0[2] . W+ . X+")
    .told(|told| expect(&of(told, "invocation_started")?, "first", "true false"));

#[durable]
async fn first_invocation() {
    sleep(seconds(2)).await;
}

const FAILED_INVOCATION: Row =
    Row::new("10-7", "an invocation that fails the execution says so").events("S0 S- . X-").told(|told| {
        let ended = of(told, "invocation_ended")?;
        expect(&ended, "status", "Failed")?;
        require(fields(&ended, "error").contains("boom"), "the error is missing")
    });

#[durable]
async fn failed_invocation() -> Result<u32, String> {
    #[step(retry(max_attempts = 1))]
    fails().await
}

const CHANGES: Row = Row::new("10-8", "a change has what changed, and everything").events("S0 S+ . X+").told(|told| {
    let changes = of(told, "operations_changed")?;
    require(!changes.is_empty(), "no change")?;
    require(changes.iter().all(|change| change["updated"][0]["name"] == "one"), "what changed is missing")?;
    require(
        changes.iter().all(|change| change["operations"].as_array().is_some_and(|all| all.len() == 1)),
        "everything is missing",
    )
});

#[durable]
async fn changes() -> u32 {
    #[step]
    one().await
}

const UPDATED_WAIT: Row = Row::new("10-9", "a wait that ended between invocations is among what changed")
    .events("W0 . W+ . X+")
    .told(|told| {
        let started = of(told, "invocation_started")?;
        let second = started.get(1).ok_or("there is no second invocation")?;
        require(second["updated"][0]["status"] == "Succeeded", "the wait is not among what changed")?;
        require(started[0]["updated"].as_array().is_some_and(Vec::is_empty), "nothing had changed before the first")
    });

#[durable]
async fn updated_wait() {
    sleep(seconds(1)).await;
}

const WAIT_HOOKS: Row =
    Row::new("10-10", "a wait begins in one invocation and ends in the next").events("W0 . W+ . X+").told(|told| {
        let of_interest = ["invocation_started", "operation_started", "operation_ended", "invocation_ended"];
        let hooks: Vec<_> =
            told.healthy()?.into_iter().map(|(hook, _)| hook).filter(|hook| of_interest.contains(hook)).collect();
        let expected = [
            "invocation_started",
            "operation_started",
            "invocation_ended",
            "invocation_started",
            "operation_ended",
            "invocation_ended",
        ];
        require(hooks == expected, format!("the hooks are {hooks:?}"))?;
        expect(&of(told, "operation_started")?, "type", "WAIT")
    });

#[durable]
async fn wait_hooks() {
    sleep(seconds(1)).await;
}

const PARENTS: Row =
    Row::new("10-11", "an operation names the context it is in").events("C0 S0 S+ C+ . X+").told(|told| {
        let started = of(told, "operation_started")?;
        let [context, step] = started.as_slice() else { return Err(format!("{} operations began", started.len())) };
        require(context["parent"].is_null(), "the context is at the root")?;
        require(step["parent"] == context["id"], "the step is in the context")
    });

#[durable]
async fn parents() -> u32 {
    child(async || {
        #[step]
        let number = one().await;
        number
    })
    .await
}

const BRANCHES: Row =
    Row::new("10-12", "the code of each branch begins and ends").events("C0 C0 C+ C0 C+ C+ . X+").told(|told| {
        let ended = of(told, "user_function_ended")?;
        let branches = ended.iter().filter(|function| function["operation"]["sub_type"] == "ParallelBranch");
        require(branches.count() == 2, "not every branch has ended")?;
        require(of(told, "user_function_started")?.len() == ended.len(), "not every code that began has ended")
    });

#[durable]
async fn branches() -> Result<Vec<u32>, String> {
    parallel((async { Ok::<u32, String>(1) }, async { Ok::<u32, String>(2) })).max_concurrency(1).await
}

const REPLAY_FLAGS: Row = Row::new("10-13", "only what goes on begins again, and says that it is replayed")
    .events("S0 S+ S0 S-~*#1 . S0 S+#2 . X+")
    .told(|told| {
        let started = of(told, "operation_started")?;
        expect(&started, "name", "one fails_once fails_once")?;
        expect(&started, "replay", "false false true")?;
        expect(&of(told, "operation_ended")?, "name", "one fails_once")
    });

#[durable]
async fn replay_flags() -> Result<u32, String> {
    #[step]
    let first = one().await;
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    let second = fails_once().await?;
    Ok(first + second)
}

const RESULTS: Row =
    Row::new("10-14", "the end of an operation has its result or its error").events("S0 S+ S0 S- . X-").told(|told| {
        let ended = of(told, "operation_ended")?;
        expect(&ended, "result", "1 null")?;
        expect(&ended, "error", "null boom")
    });

#[durable]
async fn results() -> Result<u32, String> {
    #[step]
    let first = one().await;
    #[step(retry(max_attempts = 1))]
    let second = fails().await?;
    Ok(first + second)
}

const EXHAUSTED: Row = Row::new("10-15", "attempts to the last, then the operation has failed")
    .events("S0 S-~*#1 . S0 S-#2 . X-")
    .told(|told| {
        expect(&of(told, "user_function_ended")?, "outcome", "Failed Failed")?;
        expect(&of(told, "operation_ended")?, "status", "Failed")
    });

#[durable]
async fn exhausted() -> Result<u32, String> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    fails().await
}

const SUSPENSION: Row = Row::new("10-16", "an invocation that is suspended ends as pending")
    .events("W0 . W+ . X+")
    .told(|told| expect(&of(told, "invocation_ended")?, "status", "Pending Succeeded"));

#[durable]
async fn suspension() {
    sleep(seconds(1)).await;
}

const HEALTHY_OBSERVER: Row =
    Row::new("10-17", "an observer that panics keeps nothing from the next").events("S0 S+ . X+").told(|told| {
        require(told.faults() > 0, "the faulty observer was not called")?;
        expect(&of(told, "operation_ended")?, "status", "Succeeded")
    });

#[durable]
async fn healthy_observer() -> u32 {
    #[step]
    one().await
}

const TWO_WAITS: Row =
    Row::new("10-18", "of two waits each ends once; the longer one begins again on the replay between")
        .events("C0 .. X+")
        .told(|told| {
            let is_wait = |facts: &&&Value| facts["type"] == "WAIT";
            let started = of(told, "operation_started")?;
            let started: Vec<_> = started.iter().filter(is_wait).copied().collect();
            let ended = of(told, "operation_ended")?;
            let ended: Vec<_> = ended.iter().filter(is_wait).copied().collect();
            expect(&started, "name", "short long long")?;
            expect(&started, "replay", "false false true")?;
            expect(&ended, "name", "short long")
        });

#[durable]
async fn two_waits() -> Result<Vec<u32>, String> {
    parallel((
        async {
            sleep(seconds(1)).named("short").await;
            Ok::<u32, String>(1)
        },
        async {
            sleep(seconds(3)).named("long").await;
            Ok::<u32, String>(2)
        },
    ))
    .await
}

const INVOCATION_FIELDS: Row = Row::new("10-19", "what is told of an invocation").events("W0 . W+ . X+").told(|told| {
    let (started, ended) = (of(told, "invocation_started")?, of(told, "invocation_ended")?);
    let requests = fields(&started, "request");
    let ids: Vec<_> = requests.split(' ').filter(|id| !id.is_empty()).collect();
    let each_its_own = matches!(ids.as_slice(), [first, second] if first != second);
    require(requests == fields(&ended, "request") && each_its_own, "requests have an id")?;
    require(started.iter().all(|info| info["started"].as_i64().is_some_and(|at| at > 0)), "the start is missing")?;
    let count = |info: &Value, field: &str| info[field].as_array().map_or(0, Vec::len);
    require(count(started[1], "operations") == 1 && count(started[1], "updated") == 1, "operations are missing")?;
    expect(&ended, "error", "null null")
});

#[durable]
async fn invocation_fields() {
    sleep(seconds(1)).await;
}

const OPERATION_FIELDS: Row = Row::new("10-20", "what is told of an operation").events("S0 S+ . X+").told(|told| {
    let (started, ended) = (of(told, "operation_started")?, of(told, "operation_ended")?);
    let both = [started[0], ended[0]];
    for (field, expected) in [
        ("name", "one one"),
        ("type", "STEP STEP"),
        ("sub_type", "Step Step"),
        ("replay", "false false"),
        ("status", "Started Succeeded"),
        ("attempt", "1 1"),
        ("error", "null null"),
        ("parent", "null null"),
    ] {
        expect(&both, field, expected)?;
    }
    require(both[0]["id"] == both[1]["id"] && !both[0]["id"].is_null(), "the id is missing")?;
    require(both[0]["started"].is_i64() && both[0]["ended"].is_null() && both[1]["ended"].is_i64(), "times are missing")
});

#[durable]
async fn operation_fields() -> u32 {
    #[step]
    one().await
}

const ATTEMPT_FIELDS: Row =
    Row::new("10-21", "what is told of an attempt").events("S0 S-~*#1 . S0 S+#2 . X+").told(|told| {
        let (started, ended) = (of(told, "user_function_started")?, of(told, "user_function_ended")?);
        expect(&started, "outcome", "null null")?;
        expect(&ended, "error", "not yet null")?;
        expect(&ended, "replaying", "false false")?;
        let operations: Vec<_> = ended.iter().map(|function| &function["operation"]).collect();
        expect(&operations, "name", "fails_once fails_once")?;
        expect(&operations, "replay", "false false")
    });

#[durable]
async fn attempt_fields() -> Result<u32, String> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    fails_once().await
}

const CHANGE_FIELDS: Row = Row::new("10-22", "what is told of a change").events("S0 S+ . X+").told(|told| {
    let changes = of(told, "operations_changed")?;
    let last = changes.last().ok_or("no change")?;
    for list in ["updated", "operations"] {
        let item = &last[list][0];
        for field in ["id", "type", "sub_type", "name", "started", "ended", "status", "result", "attempt", "replay"] {
            require(!item[field].is_null(), format!("`{field}` is missing in {list}"))?;
        }
    }
    Ok(())
});

#[durable]
async fn change_fields() -> u32 {
    #[step]
    one().await
}

const SUB_TYPES: Row =
    Row::new("10-23", "sub-types, and the code of a suspended branch begins again").events("C0 .. X+").told(|told| {
        let started = of(told, "operation_started")?;
        let sub_types = fields(&started, "sub_type");
        for sub_type in ["Parallel", "ParallelBranch", "Wait"] {
            require(
                sub_types.split(' ').any(|known| known == sub_type),
                format!("{sub_type} is not among {sub_types}"),
            )?;
        }
        let functions = of(told, "user_function_started")?;
        let branch = functions.iter().filter(|function| function["operation"]["name"] == "parallel-branch-0");
        require(branch.clone().count() >= 2, "the suspended branch did not begin again")?;
        require(branch.clone().all(|function| function["replaying"] == false), "the branch had not ended")
    });

#[durable]
async fn sub_types() -> Result<Vec<u32>, String> {
    parallel((
        async {
            sleep(seconds(1)).await;
            Ok::<u32, String>(1)
        },
        async { Ok::<u32, String>(2) },
    ))
    .await
}
