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
    let engine = Engine::in_memory().register(first).start().await.unwrap();
    let run = engine.start(first()).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2);
    let history = notation(&engine, run.id()).await;
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
    let engine = Engine::in_memory().register(any_success).register(no_success).start().await.unwrap();
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
    let engine = Engine::in_memory().register(joined).start().await.unwrap();
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
