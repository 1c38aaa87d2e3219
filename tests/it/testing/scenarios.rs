//! Scenarios that are run again and again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use durable::testing::{Phase, TestEngine, assert_deterministic, crash_everywhere};

use super::{PayError, Receipt, failure, pay, payment, remind};

#[tokio::test]
async fn a_scenario_is_crashed_at_each_write() {
    let plays = AtomicU32::new(0);
    let outcome = crash_everywhere(async || {
        plays.fetch_add(1, Ordering::Relaxed);
        payment().run(pay("1234".to_owned(), 7)).await.result().unwrap()
    })
    .await;
    assert_eq!(outcome, Receipt { amount: 7 });
    // The start, the charge, the callback, its submitter, the suspension, the answer, what became of it, the end.
    let writes = 8;
    // Once as it is, once before and once after each write, and once to see that there is no other.
    assert_eq!(plays.into_inner(), 1 + 2 * writes + 1);
}

#[tokio::test]
async fn a_step_that_is_not_idempotent_is_found() {
    let problem = failure(crash_everywhere(async || {
        let charged = Arc::new(Mutex::new(0));
        let account = Arc::clone(&charged);
        let bank = move |_: String, amount: u32| {
            *account.lock().unwrap() += amount;
            Ok::<_, PayError>(Receipt { amount })
        };
        payment().mock_step("charge", bank).run(pay("1234".to_owned(), 7)).await.result().unwrap();
        *charged.lock().unwrap()
    }))
    .await;
    assert!(problem.contains("StepSucceeded charge"), "{problem}");
    assert!(problem.contains("without a crash: 7\n  with the crash:  14"), "{problem}");
}

#[tokio::test]
async fn a_scenario_by_hand_is_crashed_although_it_is_not_finished() {
    let problem = failure(crash_everywhere(async || {
        let charged = Arc::new(AtomicU32::new(0));
        let account = Arc::clone(&charged);
        let bank = move |_: String, amount: u32| {
            account.fetch_add(amount, Ordering::Relaxed);
            Ok::<_, PayError>(Receipt { amount })
        };
        let payment = TestEngine::new().mock_step("charge", bank).start(pay("1234".to_owned(), 7)).await;
        assert_eq!(payment.open_callbacks(), ["signature"]);
        charged.load(Ordering::Relaxed)
    }))
    .await;
    assert!(problem.contains("without a crash: 7\n  with the crash:  14"), "{problem}");
}

#[tokio::test]
async fn a_scenario_without_a_test_engine_is_no_scenario() {
    let unseen = "no `TestEngine` in it has run anything";
    let problem = failure(crash_everywhere(async || 1)).await;
    assert!(problem.contains("was not crashed once") && problem.contains(unseen), "{problem}");
    let problem = failure(crash_everywhere(async || drop(payment()))).await;
    assert!(problem.contains(unseen), "{problem}");
    let elsewhere = async || {
        let run = async { TestEngine::new().run(remind("it".to_owned())).await.output().unwrap() };
        tokio::spawn(run).await.unwrap()
    };
    let problem = failure(crash_everywhere(elsewhere)).await;
    assert!(problem.contains("in another task or thread"), "{problem}");
    let problem = failure(assert_deterministic(elsewhere)).await;
    assert!(problem.contains("nothing was replayed") && problem.contains(unseen), "{problem}");
}

#[tokio::test]
async fn what_is_begun_by_hand_has_to_be_finished_to_be_replayed() {
    let scenario = async || drop(TestEngine::new().start(remind("it".to_owned())).await);
    let problem = failure(assert_deterministic(scenario)).await;
    assert!(problem.contains("0 of the 1 runs of the scenario were replayed"), "{problem}");
    assert!(problem.contains(".finish().await"), "{problem}");
}

#[tokio::test]
async fn a_fault_of_the_scenario_itself_hides_no_write() {
    let plays = AtomicU32::new(0);
    let outcome = crash_everywhere(async || {
        plays.fetch_add(1, Ordering::Relaxed);
        payment().crash_at("charge", Phase::AfterCommit).run(pay("1234".to_owned(), 7)).await.result().unwrap()
    })
    .await;
    assert_eq!(outcome, Receipt { amount: 7 });
    // The crash that it asks for is one write more.
    assert_eq!(plays.into_inner(), 1 + 2 * (8 + 1) + 1);
}
