//! What replays find that start from where the run was in between, or that have no end to compare.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use durable::ErrorObject;
use durable::prelude::*;
use durable::testing::{TestEngine, assert_deterministic, assert_replays};

use super::{PayError, Receipt, bank, charge, failure, pay};

/// How often the code has asked for a number.
type Asked = Arc<AtomicU32>;

fn asked(asked: &Asked) -> u32 {
    asked.fetch_add(1, Ordering::Relaxed)
}

/// Goes on only in the runs that are on record, and in the replay at the end of a test.
#[durable]
async fn goes_on(State(counter): State<Asked>) -> u32 {
    sleep(seconds(1)).named("first").await;
    if asked(&counter) < 3 {
        sleep(seconds(1)).named("second").await;
    }
    1
}

/// Returns another number in all other replays.
#[durable]
async fn returns(State(counter): State<Asked>) -> u32 {
    sleep(seconds(1)).named("first").await;
    u32::from(asked(&counter) < 2)
}

#[tokio::test]
async fn a_replay_that_ends_where_the_run_went_on_is_found() {
    assert_eq!(TestEngine::new().state(Asked::default()).run(goes_on()).await.output().unwrap(), 1);
    let scenario = async || TestEngine::new().state(Asked::default()).run(goes_on()).await;
    let problem = failure(assert_deterministic(scenario)).await;
    let both = "the run performed wait `second`, and a replay ends with 1";
    assert!(problem.contains(both), "{problem}");
    assert!(problem.contains("`goes_on` at tests/it/testing/replays.rs:"), "{problem}");
}

#[tokio::test]
async fn a_replay_from_before_the_end_that_ends_with_something_else_is_found() {
    assert_eq!(TestEngine::new().state(Asked::default()).run(returns()).await.output().unwrap(), 1);
    let problem =
        failure(assert_deterministic(async || TestEngine::new().state(Asked::default()).run(returns()).await));
    let problem = problem.await;
    assert!(problem.contains("the run ended with 1, and a replay ends with 0"), "{problem}");
}

#[tokio::test]
async fn what_goes_on_in_a_race_that_is_decided_is_no_difference() {
    #[durable]
    async fn quickest() -> u32 {
        let winner = durable::race((
            async {
                sleep(seconds(2)).named("long").await;
                sleep(seconds(9)).named("longer").await;
                1
            },
            async {
                sleep(seconds(3)).named("short").await;
                2
            },
        ));
        winner.await
    }
    assert_eq!(assert_deterministic(async || TestEngine::new().run(quickest()).await.output().unwrap()).await, 2);
}

/// Once it has been stopped, the code waits for something else first.
#[durable]
async fn stopped(State(counter): State<Asked>) {
    let name = if asked(&counter) == 0 { "usual" } else { "other" };
    sleep(days(1)).named(name).await;
}

#[tokio::test]
async fn what_was_stopped_is_replayed_to_where_it_stood() {
    let mut waiting = TestEngine::new().state(Asked::default()).start(stopped()).await;
    waiting.stop(ErrorObject::new("Cancelled", "changed her mind")).await;
    let problem = failure(waiting.finish()).await;
    assert!(problem.contains("`usual`") && problem.contains("`other`"), "{problem}");
}

mod later {
    use super::*;

    #[durable(name = "pay")]
    pub(super) async fn pay_later(card: String, amount: u32) -> Result<Receipt, PayError> {
        sleep(days(1)).await;
        charge(&card, amount).await
    }

    #[durable(name = "impatient")]
    pub(super) async fn still_impatient() {
        sleep(days(2)).named("longer").await;
    }
}

#[durable(execution_timeout = "1h")]
async fn impatient() {
    sleep(days(2)).await;
}

#[tokio::test]
async fn a_saved_history_without_a_result_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let files = format!("{}/*.json", folder.path().display());
    let mut payment = TestEngine::new().mock_step("charge", bank).start(pay("1234".to_owned(), 7)).await;
    payment.stop(ErrorObject::new("Cancelled", "changed her mind")).await;
    payment.finish().await.history().save(folder.path().join("history.json")).unwrap();
    assert_replays(&files, pay);
    let problem = failure(async { assert_replays(&files, later::pay_later) }).await;
    assert!(problem.contains("is recorded as step `charge`, but the code performs wait"), "{problem}");
    assert!(problem.contains("today's code of `pay` at tests/it/testing/replays.rs:"), "{problem}");

    let run = TestEngine::new().run(impatient()).await;
    assert!(matches!(run.output(), Err(durable::RunError::TimedOut(_))));
    run.history().save(folder.path().join("history.json")).unwrap();
    assert_replays(&files, impatient);
    let problem = failure(async { assert_replays(&files, later::still_impatient) }).await;
    assert!(problem.contains("but the code performs wait `longer`"), "{problem}");
}
