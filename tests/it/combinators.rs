//! `race`, `select_ok`, `try_join`, and conditions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use durable::prelude::*;
use durable::{ConditionError, Jitter, Retry, RunError};

use crate::history::notation;

async fn answer(n: u32) -> u32 {
    n
}

async fn refuse(n: u32) -> Result<u32, String> {
    Err(format!("{n} refused"))
}

#[durable]
async fn first() -> u32 {
    let winner = race((
        async {
            sleep(seconds(300)).await;
            1
        },
        async {
            #[step]
            let answer = answer(2).await;
            answer
        },
    ))
    .await;
    sleep(seconds(1)).await;
    winner
}

#[tokio::test]
async fn a_race_has_the_same_winner_after_a_replay() {
    let engine = Engine::in_memory().register(first).resident(0).start().await.unwrap();
    let run = engine.start(first()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2);
    let history = notation(&engine, run.id()).await;
    assert_eq!(engine.metrics().replays, 1);
    assert_eq!(history.matches("W+").count(), 1, "the loser's wait is given up: {history}");
    assert!(history.ends_with("C+ W0 . W+ . X+"), "{history}");
}

#[durable]
async fn any_success() -> Result<u32, String> {
    let chosen = select_ok(vec![attempt_of(1), attempt_of(2), attempt_of(3)]).await;
    sleep(seconds(1)).await;
    chosen
}

#[step(retry(max_attempts = 1))]
async fn attempt_of(n: u32) -> Result<u32, String> {
    if n == 2 { Ok(n) } else { Err(format!("{n} refused")) }
}

#[durable]
async fn no_success() -> Result<u32, String> {
    let chosen = select_ok((
        async {
            #[step(retry(max_attempts = 1))]
            refuse(1).await
        },
        async {
            #[step(retry(max_attempts = 1))]
            refuse(2).await
        },
    ))
    .await;
    sleep(seconds(1)).await;
    chosen
}

#[tokio::test]
async fn select_ok_takes_a_success_or_the_last_error() {
    let engine = Engine::in_memory().register(any_success).register(no_success).resident(0).start().await.unwrap();
    assert_eq!(engine.start(any_success()).await.unwrap().result().await.unwrap(), 2);
    let error = engine.start(no_success()).await.unwrap().result().await.unwrap_err();
    assert!(matches!(error, RunError::Returned(error) if error == "2 refused"));
}

#[durable]
async fn joined(good: bool) -> Result<(u32, String), String> {
    let both = try_join((
        async {
            sleep(seconds(1)).await;
            Ok::<u32, String>(1)
        },
        async {
            if good {
                return Ok("two".to_owned());
            }
            #[step(retry(max_attempts = 1))]
            let refused = refuse(2).await?;
            Ok::<String, String>(refused.to_string())
        },
    ))
    .await;
    sleep(seconds(1)).named("later").await;
    both
}

#[tokio::test]
async fn try_join_takes_all_values_or_the_first_error() {
    let engine = Engine::in_memory().register(joined).resident(0).start().await.unwrap();
    let good = engine.start(joined(true)).await.unwrap();
    assert_eq!(good.result().await.unwrap(), (1, "two".to_owned()));
    let bad = engine.start(joined(false)).await.unwrap();
    assert!(matches!(bad.result().await, Err(RunError::Returned(error)) if error == "2 refused"));
    let history = notation(&engine, bad.id()).await;
    assert_eq!(history.matches("W+").count(), 1, "the wait of the other is given up: {history}");
}

#[derive(Debug, Clone, Default)]
struct Looks(Arc<AtomicU32>);

#[durable]
async fn poll(enough: u32, State(looks): State<Looks>) -> Result<u32, ConditionError> {
    let checks = Retry::DEFAULT.max_attempts(3).initial_delay_ms(1_000).backoff_rate(1.0).jitter(Jitter::None);
    let seen = wait_for_condition((0, enough), async |(seen, enough)| {
        looks.0.fetch_add(1, Ordering::SeqCst);
        if enough == 99 { Err("the sensor is broken") } else { Ok((seen + 1, enough)) }
    })
    .until(|(seen, enough)| seen >= enough)
    .checks(checks)
    .await?;
    Ok(seen.0)
}

#[tokio::test]
async fn a_condition_is_checked_until_it_holds() {
    let looks = Looks::default();
    let engine = Engine::in_memory().register(poll).state(looks.clone()).start().await.unwrap();
    let run = engine.start(poll(2)).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 2);
    assert_eq!(notation(&engine, run.id()).await, "S0 S+~1 . S0 S+#2 . X+");
    assert_eq!(looks.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_condition_that_never_holds_runs_out_of_checks() {
    let engine = Engine::in_memory().register(poll).state(Looks::default()).start().await.unwrap();
    let run = engine.start(poll(7)).await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Returned(ConditionError::Exhausted(_))), "{error:?}");
    assert_eq!(notation(&engine, run.id()).await, "S0 S+~1 . S0 S+~1 . S0 S-#3 . X-");
}

#[tokio::test]
async fn a_failed_check_ends_the_wait_at_once() {
    let engine = Engine::in_memory().register(poll).state(Looks::default()).start().await.unwrap();
    let run = engine.start(poll(99)).await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(&error, RunError::Returned(ConditionError::Check(_))), "{error:?}");
    assert!(error.to_string().contains("the sensor is broken"));
    assert_eq!(notation(&engine, run.id()).await, "S0 S-#1 . X-");
}

#[derive(Debug, Clone, Default)]
struct Tries(Arc<AtomicU32>);

async fn reserve(tries: &Tries) -> Result<u32, String> {
    match tries.0.fetch_add(1, Ordering::SeqCst) {
        0 => Err("no stock".into()),
        n => Ok(n),
    }
}

#[durable]
async fn retried_group(State(tries): State<Tries>) -> Result<u32, String> {
    let retry = Retry::DEFAULT.initial_delay_ms(1_000).jitter(Jitter::None);
    with_retry(async || {
        #[step(retry(none))]
        let reserved = reserve(&tries).await?;
        Ok::<u32, String>(reserved)
    })
    .retry(retry)
    .await
}

#[tokio::test]
async fn a_group_is_tried_again_as_a_whole() {
    let engine = Engine::in_memory().register(retried_group).state(Tries::default()).start().await.unwrap();
    let run = engine.start(retried_group()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 1);
    assert_eq!(notation(&engine, run.id()).await, "C0 C0 S0 S-#1 C- W0 . W+ C0 S0 S+ C+ C+ . X+");
    let names = crate::history::names(&engine, run.id()).await;
    assert!(names.contains(&"C0 attempt-2".to_owned()) && names.contains(&"W0 retry-delay-1".to_owned()), "{names:?}");
}

#[durable]
async fn values() -> (durable::Timestamp, String, f64, durable::Timestamp) {
    let began = durable::now().await;
    let key = durable::uuid().await;
    let coin = durable::random().await;
    wait_until(durable::Timestamp::from_millis(began.as_millis() + 1_500)).await;
    let ended = durable::now().named("ended").await;
    (began, key.to_string(), coin, ended)
}

#[tokio::test]
async fn a_replay_gets_the_time_the_uuid_and_the_number_that_are_recorded() {
    let engine = Engine::in_memory().register(values).resident(0).start().await.unwrap();
    let run = engine.start(values()).await.unwrap();
    let (began, key, coin, ended) = run.output().await.unwrap();
    assert_eq!(engine.metrics().replays, 1, "the code has asked for them twice");
    assert!(ended.since(began).as_millis() >= 1_500 && (0.0..1.0).contains(&coin));
    assert_eq!(key.len(), 36);
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ S0 S+ S0 S+ W0 . W+ S0 S+ . X+");
    let history = engine.history(run.id()).await.unwrap();
    let recorded = history.into_iter().filter_map(|event| match event.kind {
        durable::EventKind::StepSucceeded { result, .. } => result,
        _ => None,
    });
    let recorded = format!("[{}]", recorded.collect::<Vec<_>>().join(","));
    let recorded: (durable::Timestamp, String, f64, durable::Timestamp) = serde_json::from_str(&recorded).unwrap();
    assert_eq!((recorded.0, recorded.1, recorded.3), (began, key, ended));
    // JSON may round the last digit.
    assert!((recorded.2 - coin).abs() < 1e-12, "{} {coin}", recorded.2);
}

#[durable]
async fn grouped(n: u32) -> u32 {
    let child = child(async || {
        #[step]
        let answer = answer(n).await;
        answer
    })
    .await;
    child + 1
}

#[tokio::test]
async fn a_closure_s_operations_are_a_group() {
    let engine = Engine::in_memory().register(grouped).start().await.unwrap();
    let run = engine.start(grouped(4)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 5);
    assert_eq!(notation(&engine, run.id()).await, "C0 S0 S+ C+ . X+");
}

#[durable]
async fn a_year_and_more() -> u32 {
    sleep(days(367)).await;
    1
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_refused_and_not_cut() {
    let engine = Engine::in_memory().register(a_year_and_more).start().await.unwrap();
    let run = engine.start(a_year_and_more()).await.unwrap();
    let Err(RunError::Failed(error)) = run.output().await else { panic!("not refused") };
    assert!(error.is("ValidationError"), "{error}");
    assert!(error.text().contains("wait `sleep` at tests/it/combinators.rs:"), "{error}");
    assert_eq!(notation(&engine, run.id()).await, ". X-");
}

#[durable]
async fn lists(n: u32) -> (Vec<u32>, Result<Vec<u32>, String>, Result<Vec<u32>, String>) {
    let waits = (0..n).map(|n| attempt_of(n * 2 + 2)).collect::<Vec<_>>();
    let joined = join(waits).await.into_iter().map(|one| one.unwrap_or(0)).collect();
    let kept = try_join(vec![attempt_of(2), attempt_of(2)]).await;
    let failed = try_join(vec![attempt_of(2), attempt_of(5)]).named("failed").await;
    sleep(seconds(1)).await;
    (joined, kept, failed)
}

#[tokio::test]
async fn lists_are_joined_in_their_order() {
    let engine = Engine::in_memory().register(lists).resident(0).start().await.unwrap();
    let run = engine.start(lists(40)).await.unwrap();
    let (joined, kept, failed) = run.output().await.unwrap();
    assert_eq!((joined.len(), joined[0], joined[1]), (40, 2, 0));
    assert_eq!((kept, failed), (Ok(vec![2, 2]), Err("5 refused".to_owned())));
    let empty = engine.start(lists(0)).await.unwrap();
    assert_eq!(empty.output().await.unwrap().0, [0; 0]);
}

#[durable]
async fn watched(goal: u32) -> Result<(u32, u32), ConditionError> {
    let watched = wait_for_condition((0, 0), async |(seen, _): (u32, u32)| (seen + 1, durable::attempt()));
    let watched = watched.until(|(seen, _)| *seen >= goal).checks_by(|(seen, _), check| {
        assert_eq!(*seen, check);
        (check < 4).then(|| seconds((goal - seen).into()))
    });
    watched.await
}

#[tokio::test]
async fn a_condition_can_capture_and_space_its_checks_by_their_state() {
    let engine = Engine::in_memory().register(watched).start().await.unwrap();
    let run = engine.start(watched(2)).await.unwrap();
    assert_eq!(run.result().await.unwrap(), (2, 2), "a check knows which one it is");
    assert_eq!(notation(&engine, run.id()).await, "S0 S+~1 . S0 S+#2 . X+");
}

#[durable]
async fn broken() -> Result<u32, ConditionError> {
    let checked = wait_for_condition(0, async |_| "ten".parse::<u32>()).await;
    sleep(seconds(1)).await;
    checked
}

#[tokio::test]
async fn a_check_s_error_keeps_its_type() {
    let engine = Engine::in_memory().register(broken).resident(0).start().await.unwrap();
    let run = engine.start(broken()).await.unwrap();
    let Err(RunError::Returned(ConditionError::Check(error))) = run.result().await else { panic!("no error") };
    assert_eq!(error.to_string(), "ParseIntError: invalid digit found in string");
}

#[durable]
async fn first_of(suppliers: Vec<u32>, any: bool) -> Result<u32, String> {
    let offers: Vec<_> = suppliers.iter().map(|supplier| async { Ok(*supplier) }).collect();
    if any { select_ok(offers).named("offers").await } else { race(offers).named("offers").await }
}

#[tokio::test]
async fn a_race_of_nobody_says_what_to_do() {
    let engine = Engine::in_memory().register(first_of).start().await.unwrap();
    for (any, combinator) in [(false, "race"), (true, "select_ok")] {
        let run = engine.start(first_of(Vec::new(), any)).await.unwrap();
        let error = run.output().await.unwrap_err().to_string();
        assert!(error.starts_with("ValidationError: `offers` at tests/it/combinators.rs:"), "{error}");
        assert!(error.contains(&format!("the list of this `{combinator}` is empty")), "{error}");
        assert!(error.contains("\nhelp: look before: `if list.is_empty()"), "{error}");
        assert_eq!(notation(&engine, run.id()).await, ". X-", "nothing of it is recorded");
        assert_eq!(engine.start(first_of(vec![7], any)).await.unwrap().result().await.unwrap(), 7);
    }
}
