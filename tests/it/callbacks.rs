//! Callbacks: delivered once, from anywhere, or timed out.

use std::sync::{Arc, Mutex};

use durable::prelude::*;
use durable::{CallbackError, EngineError, ErrorObject, EventKind};

use crate::history::notation;

/// Where submitters leave ids.
#[derive(Debug, Clone, Default)]
struct Desk(Arc<Mutex<Vec<CallbackId>>>);

impl Desk {
    async fn leave(&self, id: CallbackId) -> Result<(), String> {
        self.0.lock().unwrap().push(id);
        Ok(())
    }

    fn try_take(&self) -> Option<CallbackId> {
        self.0.lock().unwrap().pop()
    }

    async fn take(&self) -> CallbackId {
        loop {
            if let Some(id) = self.try_take() {
                return id;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[durable]
async fn approval(State(desk): State<Desk>) -> Result<String, CallbackError> {
    let approved = wait_for_callback(async |id| desk.leave(id).await).timeout(seconds(1)).await_callback::<String>();
    sleep(seconds(1)).await;
    approved
}

#[durable]
async fn two_step_approval(State(desk): State<Desk>) -> Result<u32, CallbackError> {
    let callback = create_callback::<u32>().heartbeat_timeout(minutes(5)).await;
    #[step]
    desk.leave(callback.id().clone()).await.expect("the desk takes everything");
    callback.await_callback()
}

async fn start() -> (Engine, Desk) {
    let desk = Desk::default();
    let engine = Engine::in_memory().register(approval).register(two_step_approval).state(desk.clone());
    (engine.start().await.unwrap(), desk)
}

/// Each value comes while the submitter's outcome is written, or just after that: before the run waits, while it comes to
/// wait, and when it has suspended.
#[tokio::test]
async fn values_may_come_at_any_moment() {
    const ORDERS: usize = 300;
    let (folder, desk) = (tempfile::tempdir().unwrap(), Desk::default());
    let engine = Engine::open(folder.path().join("store.db")).register(two_step_approval).state(desk.clone());
    let engine = engine.start().await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..ORDERS {
        runs.push(engine.start(two_step_approval()).await.unwrap());
        while let Some(id) = desk.try_take() {
            engine.complete_callback(&id, &1).await.unwrap();
        }
    }
    let answers = async {
        loop {
            engine.complete_callback(&desk.take().await, &1).await.unwrap();
        }
    };
    let ends = async {
        for run in &runs {
            assert_eq!(run.output().await.unwrap(), Ok(1));
        }
    };
    tokio::select! {
        () = ends => {}
        () = answers => {}
    }
}

#[tokio::test]
async fn a_delivered_value_is_returned() {
    let (engine, desk) = start().await;
    let run = engine.start(approval()).await.unwrap();
    engine.complete_callback(&desk.take().await, "yes").await.unwrap();
    assert_eq!(run.result().await.unwrap(), "yes");
    let notation = notation(&engine, run.id()).await;
    // The value may come before the run has suspended; nothing else may differ.
    assert!(
        ["C0 K0 S0 S+ . K+ C+ W0 . W+ . X+", "C0 K0 S0 S+ K+ C+ W0 . W+ . X+"].contains(&notation.as_str()),
        "{notation}"
    );
}

#[tokio::test]
async fn a_callback_times_out() {
    let (engine, desk) = start().await;
    let run = engine.start(approval()).await.unwrap();
    let error = run.output().await.unwrap().unwrap_err();
    assert_eq!(error, CallbackError::TimedOut);
    assert_eq!(notation(&engine, run.id()).await, "C0 K0 S0 S+ . Kt C- W0 . W+ . X-");
    let late = engine.complete_callback(&desk.take().await, "yes").await;
    assert!(matches!(late, Err(EngineError::Refused(_))), "{late:?}");
}

#[tokio::test]
async fn a_failure_from_outside_is_returned() {
    let (engine, desk) = start().await;
    let run = engine.start(two_step_approval()).await.unwrap();
    let id = desk.take().await;
    engine.heartbeat_callback(&id).await.unwrap();
    engine.fail_callback(&id, ErrorObject::new("Denied", "not approved")).await.unwrap();
    let again = engine.complete_callback(&id, &1).await;
    assert!(matches!(again, Err(EngineError::Refused(_))), "the first completion wins: {again:?}");
    let error = run.output().await.unwrap().unwrap_err();
    assert_eq!(error, CallbackError::Failed(ErrorObject::new("Denied", "not approved")));
    assert_eq!(error.to_string(), "not approved");
}

#[tokio::test]
async fn delivered_text_is_recorded_byte_for_byte() {
    let (engine, desk) = start().await;
    let run = engine.start(two_step_approval()).await.unwrap();
    engine.complete_callback_with(&desk.take().await, Some("  7 ".into())).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 7);
    let history = engine.history(run.id()).await.unwrap();
    assert!(history.iter().any(|event| event.kind == EventKind::CallbackSucceeded { result: Some("  7 ".into()) }));
}

#[tokio::test]
async fn history_shows_the_id_that_the_code_got() {
    let (engine, desk) = start().await;
    let run = engine.start(two_step_approval()).await.unwrap();
    let id = desk.take().await;
    assert_eq!(id.as_str().len(), 64, "256 bits in hexadecimal");
    let history = engine.history(run.id()).await.unwrap();
    let shown = history.iter().find_map(|event| match &event.kind {
        EventKind::CallbackStarted { callback_id, .. } => callback_id.clone(),
        _ => None,
    });
    assert_eq!(shown, Some(id));
}

#[tokio::test]
async fn a_wrong_id_completes_nothing() {
    let (engine, _) = start().await;
    let wrong = engine.complete_callback(&CallbackId::from_text("0".repeat(64)), &1).await;
    assert!(matches!(wrong, Err(EngineError::UnknownCallback)), "{wrong:?}");
}

#[durable]
async fn read_twice(State(desk): State<Desk>) -> (Result<u32, CallbackError>, Result<u32, CallbackError>) {
    let callback = create_callback::<u32>().await;
    #[step]
    desk.leave(callback.id().clone()).await.expect("the desk takes everything");
    join((async { callback.await_callback() }, async { callback.await_callback() })).await
}

#[tokio::test]
async fn two_branches_can_wait_for_one_callback() {
    let desk = Desk::default();
    let engine = Engine::in_memory().register(read_twice).state(desk.clone()).start().await.unwrap();
    let run = engine.start(read_twice()).await.unwrap();
    engine.complete_callback(&desk.take().await, &7).await.unwrap();
    let output = tokio::time::timeout(std::time::Duration::from_secs(30), run.output()).await;
    assert_eq!(output.expect("nobody was forgotten").unwrap(), (Ok(7), Ok(7)));
}

#[durable]
async fn asked_and_opened(State(desk): State<Desk>) -> (Result<u32, CallbackError>, Result<u32, CallbackError>) {
    let asked = wait_for_callback(async |id| desk.leave(id).await).await_callback::<u32>();
    let opened = create_callback::<u32>().await;
    #[step]
    desk.leave(opened.id().clone()).await.expect("the desk takes everything");
    (asked, opened.await_callback())
}

#[tokio::test]
async fn a_failure_that_calls_itself_a_timeout_is_a_failure() {
    let desk = Desk::default();
    let engine = Engine::in_memory().register(asked_and_opened).state(desk.clone()).start().await.unwrap();
    let run = engine.start(asked_and_opened()).await.unwrap();
    for error_type in ["Callback.Timeout", "Callback.Heartbeat"] {
        engine.fail_callback(&desk.take().await, ErrorObject::new(error_type, "so they say")).await.unwrap();
    }
    let (asked, opened) = run.output().await.unwrap();
    assert!(matches!(&asked, Err(CallbackError::Failed(error)) if error.is("Callback.Timeout")), "{asked:?}");
    assert!(matches!(&opened, Err(CallbackError::Failed(error)) if error.is("Callback.Heartbeat")), "{opened:?}");
}

#[durable]
async fn nowhere_to_ask() -> Result<u32, CallbackError> {
    let asked = wait_for_callback(async |_| "ten".parse::<u32>()).retry(durable::Retry::NONE);
    let asked = asked.await_callback::<u32>();
    sleep(seconds(1)).await;
    asked
}

#[tokio::test]
async fn a_submitter_s_error_keeps_its_type() {
    let engine = Engine::in_memory().register(nowhere_to_ask).start().await.unwrap();
    let Err(durable::RunError::Returned(CallbackError::Submitter(error))) =
        engine.start(nowhere_to_ask()).await.unwrap().result().await
    else {
        panic!("no error of the submitter")
    };
    assert_eq!(error.to_string(), "ParseIntError: invalid digit found in string");
}

#[durable]
async fn open_for(days_open: u64) -> Result<u32, CallbackError> {
    let callback = create_callback::<u32>().timeout(days(days_open)).await;
    callback.await_callback()
}

#[durable]
async fn open_for_ever() -> Result<u32, CallbackError> {
    let none = seconds(0);
    let callback = create_callback::<u32>().timeout(none).heartbeat_timeout(none).await;
    callback.await_callback()
}

#[tokio::test]
async fn a_timeout_of_nothing_is_none() {
    let engine = Engine::in_memory().register(open_for_ever).start().await.unwrap();
    let run = engine.start(open_for_ever()).await.unwrap();
    let limits = loop {
        let history = engine.history(run.id()).await.unwrap();
        let opened = history.into_iter().find_map(|event| match event.kind {
            EventKind::CallbackStarted { timeout_seconds, heartbeat_seconds, .. } => {
                Some((timeout_seconds, heartbeat_seconds))
            }
            _ => None,
        });
        match opened {
            Some(limits) => break limits,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(limits, (None, None));
}

#[tokio::test]
async fn a_timeout_is_kept_or_refused_but_never_cut() {
    let engine = Engine::in_memory().register(open_for).start().await.unwrap();
    let run = engine.start(open_for(1000)).await.unwrap();
    let seconds = loop {
        let history = engine.history(run.id()).await.unwrap();
        let opened = history.into_iter().find_map(|event| match event.kind {
            EventKind::CallbackStarted { timeout_seconds, .. } => Some(timeout_seconds),
            _ => None,
        });
        match opened {
            Some(seconds) => break seconds,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(seconds, Some(86_400_000));
    let refused = engine.start(open_for(1200)).await.unwrap().result().await;
    let Err(durable::RunError::Failed(error)) = refused else { panic!("not refused: {refused:?}") };
    assert!(
        error.is("ValidationError") && error.text().contains("103680000 seconds are more than the 99999999"),
        "{error}"
    );
}

#[durable]
async fn passed_on(timeout: u64, State(desk): State<Desk>) -> Result<String, CallbackError> {
    let inner: Result<String, CallbackError> = async {
        let asked = wait_for_callback(async |id| desk.leave(id).await).timeout(seconds(timeout)).named("asked");
        asked.await_callback::<String>()
    }
    .await;
    sleep(seconds(1)).await;
    inner
}

#[tokio::test]
async fn a_callback_s_error_that_code_passes_on_has_a_name_that_says_which() {
    let desk = Desk::default();
    let engine = Engine::in_memory().register(passed_on).state(desk.clone()).resident(0).start().await.unwrap();
    let late = engine.start(passed_on(1)).await.unwrap();
    desk.take().await;
    let denied = engine.start(passed_on(60)).await.unwrap();
    let denial = ErrorObject::new("Denied", "not approved");
    engine.fail_callback(&desk.take().await, denial.clone()).await.unwrap();
    for (run, error, name) in [
        (late, CallbackError::TimedOut, "CallbackTimeoutError"),
        (denied, CallbackError::Failed(denial), "CallbackExternalError"),
    ] {
        assert_eq!(run.output().await.unwrap(), Err(error), "also after a replay");
        let history = engine.history(run.id()).await.unwrap();
        let names = history.iter().filter_map(|event| match &event.kind {
            EventKind::ContextFailed { error } | EventKind::ExecutionFailed { error } => error.error_type.clone(),
            _ => None,
        });
        // The operation's own, which is not counted here, that of the branch, and that of the execution.
        assert_eq!(names.skip(1).collect::<Vec<_>>(), [name, name]);
    }
}
