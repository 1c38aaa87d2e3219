//! What an attempt leaves, and when the next one may begin.

use super::*;

#[test]
fn a_failed_attempt_is_tried_again_after_its_delay() {
    let mut bench = Bench::new();
    bench.suspend(vec![start("a"), retry("a", 5)]).unwrap();
    assert_eq!(bench.execution.due(), Some(bench.now.plus_seconds(5)));
    bench.after(4);
    assert!(!bench.execution.should_run());
    bench.after(1);
    assert!(bench.execution.should_run());
    bench.invoke();
    assert_eq!(bench.execution.operation(&id("a")).unwrap().state, State::Ready);
    bench.checkpoint(vec![start("a"), succeed("a")]).unwrap();
    bench.apply(finished(bench.token)).unwrap();
    assert_eq!(bench.history(), "S0 S-~5#1 . S0 S+#2 . X+");
}

/// Code elsewhere may leave the start out. That the delay was over is in no record; `apply` restores from these.
#[test]
fn an_attempt_that_is_due_may_end_without_a_start() {
    for end in [succeed("a"), retry("a", 5)] {
        let mut bench = Bench::new();
        bench.suspend(vec![start("a"), retry("a", 5)]).unwrap();
        assert!(bench.apply(Command::Checkpoint { token: bench.token, updates: vec![end.clone()] }).is_err());
        bench.after(5);
        bench.invoke();
        bench.checkpoint(vec![end]).unwrap();
        bench.apply(finished(bench.token)).unwrap();
    }
}

#[test]
fn between_two_attempts_a_step_has_the_error_of_the_last_one() {
    let mut bench = Bench::new();
    let error = || ErrorObject::new("Cold", "too cold");
    let again = Action::Retry { attempt: Err(error()), delay_seconds: 2 };
    bench.suspend(vec![start("a"), update("a", Kind::Step, again)]).unwrap();
    let failed = |bench: &Bench| match &bench.execution.operation(&id("a")).unwrap().detail {
        Detail::Step { attempts, failed, .. } => (*attempts, failed.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(failed(&bench), (1, Some(error())));
    bench.after(2);
    bench.invoke();
    bench.checkpoint(vec![start("a")]).unwrap();
    assert_eq!(failed(&bench), (1, Some(error())));
    let done = Action::Succeed { payload: None, replay_children: false };
    bench.checkpoint(vec![update("a", Kind::Step, done)]).unwrap();
    assert_eq!(failed(&bench), (2, None));
}

#[test]
fn a_condition_is_checked_again_with_its_state() {
    let mut bench = Bench::new();
    let check = |action| update("ready", Kind::WaitForCondition, action);
    let again = Action::Retry { attempt: Ok(Some("1".into())), delay_seconds: 2 };
    bench.suspend(vec![check(Action::Start(Start::Plain)), check(again)]).unwrap();
    bench.after(2);
    bench.invoke();
    let polled = &bench.execution.operation(&id("ready")).unwrap().detail;
    assert_eq!(*polled, Detail::Step { attempts: 1, polled: Some("1".into()), failed: None });
    let done = Action::Succeed { payload: Some("2".into()), replay_children: false };
    bench.checkpoint(vec![check(Action::Start(Start::Plain)), check(done)]).unwrap();
    bench.apply(finished(bench.token)).unwrap();
    assert_eq!(bench.history(), "S0 S+~2#1 . S0 S+#2 . X+");
}
