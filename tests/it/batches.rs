//! `map` and `parallel`: order, limits, when it is enough, and what a replay gives.

use std::collections::BTreeMap;

use durable::prelude::*;
use durable::{BatchError, BatchItem, BatchStatus, CompletionReason, RunError};

use crate::history::{names, notation};

async fn double(n: u32) -> u32 {
    n * 2
}

async fn odd(n: u32) -> Result<u32, String> {
    if n % 2 == 1 { Ok(n) } else { Err(format!("{n} is even")) }
}

#[durable]
async fn doubled(numbers: Vec<u32>) -> Vec<u32> {
    map(&numbers, async |n| {
        #[step]
        let doubled = double(*n).await;
        doubled
    })
    .max_concurrency(1)
    .await
}

#[tokio::test]
async fn a_map_gives_results_in_the_order_of_the_items() {
    let engine = Engine::in_memory().register(doubled).start().await.unwrap();
    let run = engine.start(doubled(vec![3, 1])).await.unwrap();
    assert_eq!(run.output().await.unwrap(), [6, 2]);
    assert_eq!(notation(&engine, run.id()).await, "C0 C0 S0 S+ C+ C0 S0 S+ C+ C+ . X+");
    let names = names(&engine, run.id()).await;
    assert_eq!(names[..3], ["C0 map", "C0 map-item-0", "S0 double"]);

    let empty = engine.start(doubled(vec![])).await.unwrap();
    assert_eq!(empty.output().await.unwrap(), [0; 0]);
    assert_eq!(notation(&engine, empty.id()).await, "C0 C+ . X+");
}

#[durable]
async fn all_odd(numbers: Vec<u32>) -> Result<Vec<u32>, String> {
    let all = map(numbers, async |n| {
        #[step(retry(max_attempts = 1))]
        odd(n).await
    })
    .max_concurrency(1)
    .await?;
    Ok(all)
}

#[tokio::test]
async fn the_first_failure_ends_a_map_and_is_its_error() {
    let engine = Engine::in_memory().register(all_odd).start().await.unwrap();
    let run = engine.start(all_odd(vec![1, 2, 3])).await.unwrap();
    assert!(matches!(run.result().await, Err(RunError::Returned(error)) if error == "2 is even"));
    assert_eq!(notation(&engine, run.id()).await, "C0 C0 S0 S+ C+ C0 S0 S-#1 C- C+ . X-");
}

#[durable]
async fn tolerant(numbers: Vec<u32>) -> (Vec<u32>, Vec<String>, CompletionReason) {
    let batch = map(numbers, async |n| {
        #[step(retry(max_attempts = 1))]
        odd(n).await
    })
    .max_concurrency(1)
    .settled()
    .tolerated_failures(1)
    .await;
    sleep(seconds(1)).await;
    let errors = batch.errors().map(|error| match error {
        BatchError::Returned(error) => error.clone(),
        BatchError::Failed(error) => error.to_string(),
    });
    let errors = errors.collect();
    (batch.results().copied().collect(), errors, batch.completion_reason())
}

#[tokio::test]
async fn a_settled_map_tells_what_came_of_each_item_also_after_a_replay() {
    let engine = Engine::in_memory().register(tolerant).resident(0).start().await.unwrap();
    let run = engine.start(tolerant(vec![1, 2, 3])).await.unwrap();
    let expected = (vec![1, 3], vec!["2 is even".to_owned()], CompletionReason::AllCompleted);
    assert_eq!(run.output().await.unwrap(), expected);
    assert_eq!(engine.metrics().replays, 1);
    let history = notation(&engine, run.id()).await;
    assert_eq!(history, "C0 C0 S0 S+ C+ C0 S0 S-#1 C- C0 S0 S+ C+ C+ W0 . W+ . X+");

    let exceeded = engine.start(tolerant(vec![2, 4, 1])).await.unwrap();
    let (results, errors, reason) = exceeded.output().await.unwrap();
    assert_eq!((results.len(), errors.len(), reason), (0, 2, CompletionReason::FailureToleranceExceeded));
}

#[durable]
async fn branches() -> Result<Vec<u32>, String> {
    parallel((
        async {
            #[step]
            let one = double(1).await;
            Ok::<u32, String>(one)
        },
        async {
            sleep(seconds(1)).await;
            #[step]
            let two = double(2).await;
            Ok::<u32, String>(two)
        },
    ))
    .await
}

#[tokio::test]
async fn a_branch_that_waits_does_not_run_the_others_again() {
    let engine = Engine::in_memory().register(branches).start().await.unwrap();
    let run = engine.start(branches()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), [2, 4]);
    let history = notation(&engine, run.id()).await;
    assert_eq!(history.matches("C0").count(), 3, "{history}");
    assert_eq!(history.matches("S+").count(), 2, "{history}");
    assert!(history.ends_with("W0 . W+ S0 S+ C+ C+ . X+") || history.contains(". W+"), "{history}");
}

#[durable]
async fn flat(numbers: Vec<u32>) -> Vec<u32> {
    let doubled = map(numbers, async |n| {
        #[step]
        let doubled = double(n).await;
        doubled
    })
    .max_concurrency(1)
    .flat()
    .await;
    sleep(seconds(1)).await;
    doubled
}

#[tokio::test]
async fn a_flat_map_has_no_contexts_of_its_items() {
    let engine = Engine::in_memory().register(flat).resident(0).start().await.unwrap();
    let run = engine.start(flat(vec![1, 2])).await.unwrap();
    assert_eq!(run.output().await.unwrap(), [2, 4]);
    assert_eq!(notation(&engine, run.id()).await, "C0 S0 S+ S0 S+ C+ W0 . W+ . X+");
}

async fn page(n: u32) -> String {
    n.to_string().repeat(100_000)
}

#[durable]
async fn large() -> usize {
    let pages = map(0..4, async |n| {
        #[step]
        let page = page(n).await;
        page
    })
    .await;
    let child: String = async {
        #[step(name = "page")]
        let page = page(7).await;
        page.repeat(4)
    }
    .await;
    sleep(seconds(1)).await;
    pages.iter().map(String::len).sum::<usize>() + child.len()
}

#[tokio::test]
async fn a_large_result_is_worked_out_again_from_what_is_inside() {
    let engine = Engine::in_memory().register(large).resident(0).start().await.unwrap();
    let run = engine.start(large()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 800_000);
    assert_eq!(engine.metrics().replays, 1);
    let history = engine.history(run.id()).await.unwrap();
    let replayed = history
        .iter()
        .filter(|event| matches!(event.kind, durable::EventKind::ContextSucceeded { replay_children: true, .. }));
    assert_eq!(replayed.count(), 2);
    assert_eq!(history.iter().filter(|event| event.kind.event_type() == "StepStarted").count(), 5);
}

#[durable]
async fn impossible() -> Vec<u32> {
    map(vec![1, 2], async |n| n).max_concurrency(0).await
}

#[tokio::test]
async fn a_limit_of_zero_is_refused_before_anything_is_recorded() {
    let engine = Engine::in_memory().register(impossible).start().await.unwrap();
    let run = engine.start(impossible()).await.unwrap();
    let RunError::Failed(error) = run.output().await.unwrap_err() else { panic!("not failed") };
    assert!(error.is("ValidationError") && error.message.unwrap().contains("at least 1"));
    assert_eq!(notation(&engine, run.id()).await, ". X-");
}

#[durable]
async fn wide(width: u32) -> u32 {
    let all = map(0..width, async |n| {
        #[step(name = "before")]
        let one = double(n).await;
        sleep(seconds(1)).await;
        #[step(name = "after")]
        let two = double(one).await;
        two
    })
    .await;
    all.iter().sum()
}

#[tokio::test]
async fn many_items_wait_and_go_on_together() {
    let engine = Engine::in_memory().register(wide).start().await.unwrap();
    let run = engine.start(wide(300)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 4 * (0..300).sum::<u32>());
    let history = notation(&engine, run.id()).await;
    assert_eq!(history.matches("S+").count(), 600);
}

#[durable]
async fn unmeetable(mistake: String, numbers: Vec<u32>) -> usize {
    let batch = || map(&numbers, async |n| *n).settled();
    match mistake.as_str() {
        "no room" => batch().max_concurrency(0).named("batch").await,
        "nothing is enough" => batch().min_successful(0).named("batch").await,
        "too few items" => batch().min_successful(3).named("batch").await,
        _ => batch().tolerated_failure_percentage(101).named("batch").await,
    }
    .total_count()
}

#[tokio::test]
async fn criteria_that_no_batch_can_meet_say_what_to_write() {
    let engine = Engine::in_memory().register(unmeetable).start().await.unwrap();
    let mistakes = [
        ("no room", "`max_concurrency` is 0", "give it at least 1, or leave it out"),
        ("nothing is enough", "`min_successful` is 0", "give it at least 1"),
        ("too few items", "`min_successful` is 3, but there are 2 items", "`.min_successful(items.len().clamp(1, 3))`"),
        ("too much", "`tolerated_failure_percentage` is 101", "`.all_completed()`"),
    ];
    for (mistake, fact, help) in mistakes {
        let run = engine.start(unmeetable(mistake.to_owned(), vec![1, 2])).await.unwrap();
        let error = run.output().await.unwrap_err().to_string();
        assert!(error.starts_with("ValidationError: `batch` at tests/it/batches.rs:"), "{error}");
        assert!(error.contains(fact) && error.contains("\nhelp: ") && error.contains(help), "{error}");
        assert_eq!(notation(&engine, run.id()).await, ". X-", "nothing of the batch is recorded");
    }
}

type Settled = BatchResult<Option<u32>, BTreeMap<u32, String>>;

/// What is hard to tell apart in JSON: nothing from a result of nothing, and keys that are numbers.
#[durable]
async fn returned(numbers: Vec<u32>) -> Settled {
    let batch = map(numbers, async |n: u32| match n {
        0 => Ok(None),
        9 => {
            sleep(days(1)).await;
            Ok(Some(9))
        }
        n if n % 2 == 0 => Err(BTreeMap::from([(n, "even".to_owned())])),
        n => Ok(Some(n)),
    });
    batch.settled().min_successful(2).tolerated_failures(5).named("inner").await
}

#[durable]
async fn returned_twice(numbers: Vec<u32>) -> (Settled, Settled) {
    let called = returned(numbers).await;
    let kept = called.clone();
    let branch: Settled = async { kept.clone() }.await;
    sleep(seconds(1)).await;
    (called, branch)
}

#[tokio::test]
async fn what_came_of_a_batch_can_be_returned_and_recorded() {
    let engine = Engine::in_memory().register(returned_twice).resident(0).start().await.unwrap();
    let run = engine.start(returned_twice(vec![9, 0, 2, 1])).await.unwrap();
    let (called, branch) = run.output().await.unwrap();
    assert_eq!(called, branch);
    assert_eq!(called.completion_reason(), CompletionReason::MinSuccessfulReached);
    assert_eq!(called.status(), BatchStatus::Failed);
    let indexes = |items: &mut dyn Iterator<Item = &BatchItem<_, _>>| items.map(|item| item.index).collect::<Vec<_>>();
    assert_eq!(indexes(&mut called.succeeded()), [1, 3]);
    assert_eq!(indexes(&mut called.failed()), [2]);
    assert_eq!(indexes(&mut called.started()), [0]);
    assert_eq!(called.results().collect::<Vec<_>>(), [&None, &Some(1)]);
    let history = engine.history(run.id()).await.unwrap();
    let recorded = history.iter().rev().find_map(|event| match &event.kind {
        durable::EventKind::ContextSucceeded { result, .. } => result.clone(),
        _ => None,
    });
    assert_eq!(
        recorded.unwrap(),
        r#"{"all":[{"index":0,"status":"STARTED"},{"index":1,"status":"SUCCEEDED","result":null},{"index":2,"status":"FAILED","error":{"Returned":{"2":"even"}}},{"index":3,"status":"SUCCEEDED","result":1}],"completionReason":"MIN_SUCCESSFUL_REACHED"}"#
    );
}

#[test]
fn a_batch_that_contradicts_itself_can_t_be_read() {
    let read = |item: &str| {
        let json = format!(r#"{{"all":[{item}],"completionReason":"ALL_COMPLETED"}}"#);
        serde_json::from_str::<BatchResult<u32, String>>(&json).map(|batch| batch.items()[0].status())
    };
    assert_eq!(read(r#"{"index":0,"status":"SUCCEEDED","result":1}"#).unwrap(), BatchStatus::Succeeded);
    for item in [
        r#"{"index":3,"status":"SUCCEEDED"}"#,
        r#"{"index":3,"status":"STARTED","result":1}"#,
        r#"{"index":3,"status":"FAILED","result":1,"error":{"Returned":"no"}}"#,
    ] {
        let error = read(item).unwrap_err();
        assert!(error.to_string().contains("item 3 does not have what its status says"), "{error}");
    }
}

#[durable]
async fn summarised() -> (usize, usize) {
    let pages = map(0..3, async |n| {
        #[step]
        let page = page(n).await;
        page
    });
    let pages = pages.settled().all_completed().summary(|pages| format!("{} pages", pages.results().count())).await;
    let branch = |n| {
        child(async move || {
            #[step]
            let page = page(n).await;
            Ok::<_, String>(page.repeat(2))
        })
    };
    let branches = parallel(vec![branch(1), branch(2)]).settled();
    let branches = branches.summary(|branches| format!("{:?}", branches.status())).await;
    let small = map(0..2, async |n: u32| n).settled().summary(|_| "not said".to_owned()).await;
    sleep(seconds(1)).await;
    (pages.results().map(String::len).sum(), branches.success_count() + small.success_count())
}

#[tokio::test]
async fn a_large_batch_says_of_itself_what_it_is_told() {
    let engine = Engine::in_memory().register(summarised).resident(0).start().await.unwrap();
    let run = engine.start(summarised()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), (300_000, 4));
    let history = engine.history(run.id()).await.unwrap();
    let recorded = history.iter().filter_map(|event| match &event.kind {
        durable::EventKind::ContextSucceeded { result: Some(result), replay_children: true } => Some(result.as_str()),
        _ => None,
    });
    let said: Vec<_> =
        recorded.filter_map(|result| result.split_once(r#","summary":"#)).map(|(_, said)| said).collect();
    assert_eq!(said, [r#""3 pages"}"#, r#""Succeeded"}"#]);
    let names = names(&engine, run.id()).await;
    assert!(["C0 pages", "C0 branches", "C0 small"].iter().all(|name| names.iter().any(|it| it == name)), "{names:?}");
}
