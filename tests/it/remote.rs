//! Functions whose code is elsewhere: the test is the code, and sees what such code sees.

use std::sync::Arc;
use std::time::Duration;

use durable::model::{Action, Kind, Name, Operation, OperationId, OperationUpdate, Start, State};
use durable::prelude::*;
use durable::remote::{
    CheckpointCall, CheckpointToken, Checkpointed, InvocationEnd, InvocationFuture, Remote, RemoteFunction,
    RemoteInvocation,
};
use durable::service::Refused;
use durable::{EngineError, ErrorObject, ExecutionId, RunError};
use tokio::sync::{mpsc, oneshot};

use crate::history::notation;

/// An invocation, and how to end it.
type Handed = (RemoteInvocation, oneshot::Sender<InvocationEnd>);

/// Hands each invocation to the test.
struct Handing(mpsc::UnboundedSender<Handed>);

impl Remote for Handing {
    fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture {
        let (end, ended) = oneshot::channel();
        let handed = self.0.send((invocation, end));
        Box::pin(async move {
            handed.unwrap();
            ended.await.unwrap_or(InvocationEnd::Crashed(ErrorObject::new("Runtime.ExitError", "dropped")))
        })
    }
}

struct Bench {
    engine: Engine,
    invocations: mpsc::UnboundedReceiver<Handed>,
}

pub(crate) fn function(name: &str, to: mpsc::UnboundedSender<Handed>) -> RemoteFunction {
    let function = RemoteFunction::new(name, Arc::new(Handing(to))).unwrap();
    function.with_backoff(Duration::from_millis(1), Duration::from_millis(5))
}

impl Bench {
    async fn new() -> Self {
        let (sender, invocations) = mpsc::unbounded_channel();
        let engine = Engine::in_memory().register(doubled_elsewhere).register_remote(function("remote", sender));
        Self { engine: engine.start().await.unwrap(), invocations }
    }

    async fn started(input: &str) -> (Self, ExecutionId) {
        let bench = Self::new().await;
        let id = bench.engine.start_json("remote", input).await.unwrap().id();
        (bench, id)
    }

    async fn next(&mut self) -> Handed {
        self.invocations.recv().await.unwrap()
    }

    async fn checkpoint(
        &self,
        id: ExecutionId,
        token: &CheckpointToken,
        updates: Vec<OperationUpdate>,
    ) -> Result<Checkpointed, Refused> {
        let call = CheckpointCall { token: token.clone(), updates, outcome: None, client_token: None };
        self.call(id, call).await
    }

    async fn call(&self, id: ExecutionId, call: CheckpointCall) -> Result<Checkpointed, Refused> {
        self.engine.checkpoint(id, call).await.map_err(|error| match error {
            EngineError::Refused(refused) => refused,
            other => panic!("{other}"),
        })
    }

    async fn output(&self, id: ExecutionId) -> Result<String, RunError> {
        self.engine.attach_json(id).await.unwrap().output().await
    }
}

#[durable]
async fn doubled_elsewhere(number: u32) -> Result<u32, String> {
    invoke::<u32>("remote", &number).await.map_err(|error| error.to_string())
}

fn update(id: &str, kind: Kind, action: Action) -> OperationUpdate {
    let name = Some(Name::new(format!("the {id}")).unwrap());
    OperationUpdate { id: OperationId::from_text(id), parent: None, name, kind, action }
}

fn start(id: &str) -> OperationUpdate {
    update(id, Kind::Step, Action::Start(Start::Plain))
}

fn succeed(id: &str, payload: &str) -> OperationUpdate {
    let payload = Some(payload.to_owned());
    update(id, Kind::Step, Action::Succeed { payload, replay_children: false })
}

fn wait(id: &str, seconds: u32) -> OperationUpdate {
    update(id, Kind::Wait, Action::Start(Start::Wait { seconds }))
}

fn callback(id: &str) -> OperationUpdate {
    update(id, Kind::Callback, Action::Start(Start::Callback { timeout_seconds: None, heartbeat_seconds: None }))
}

fn states(operations: &[Operation]) -> Vec<(&str, &State)> {
    operations.iter().map(|operation| (operation.id.as_str(), &operation.state)).collect()
}

#[tokio::test]
async fn code_elsewhere_steps_waits_and_ends() {
    let (mut bench, id) = Bench::started("21").await;
    let (invocation, end) = bench.next().await;
    assert_eq!((invocation.execution, invocation.input.as_deref()), (id, Some("21")));
    assert!(invocation.operations.is_empty());
    let first = bench.checkpoint(id, &invocation.token, vec![start("1"), succeed("1", "42")]).await.unwrap();
    assert_eq!(states(&first.changed), [("1", &State::Succeeded(Some("42".to_owned())))]);
    let second = bench.checkpoint(id, first.token.as_ref().unwrap(), vec![wait("2", 1)]).await.unwrap();
    assert_eq!(states(&second.changed), [("2", &State::Started)]);
    end.send(InvocationEnd::Pending).unwrap();

    let (invocation, end) = bench.next().await;
    assert_eq!(invocation.updated, [OperationId::from_text("2")]);
    assert_eq!(
        states(&invocation.operations),
        [("1", &State::Succeeded(Some("42".to_owned()))), ("2", &State::Succeeded(None))]
    );
    end.send(InvocationEnd::Succeeded(Some("42".to_owned()))).unwrap();
    assert_eq!(bench.output(id).await.unwrap(), "42");
    assert_eq!(notation(&bench.engine, id).await, "S0 S+ W0 . W+ . X+");
}

/// The end of the delay is in no record, and the execution leaves memory while it waits for its next run.
#[tokio::test]
async fn after_a_crash_a_retry_is_still_due() {
    let (mut bench, id) = Bench::started("1").await;
    let (invocation, end) = bench.next().await;
    let retry = Action::Retry { attempt: Err(ErrorObject::new("E", "busy")), delay_seconds: 1 };
    let updates = vec![start("1"), update("1", Kind::Step, retry)];
    bench.checkpoint(id, &invocation.token, updates).await.unwrap();
    end.send(InvocationEnd::Pending).unwrap();
    for _ in 0..3 {
        let (invocation, end) = bench.next().await;
        assert_eq!(states(&invocation.operations), [("1", &State::Ready)]);
        end.send(InvocationEnd::Crashed(ErrorObject::new("Runtime.ExitError", "exit status: 1"))).unwrap();
    }
    let (_, end) = bench.next().await;
    end.send(InvocationEnd::Succeeded(None)).unwrap();
    bench.output(id).await.unwrap();
}

#[tokio::test]
async fn sec_a_token_is_good_for_one_checkpoint_of_its_own_execution() {
    let (mut bench, id) = Bench::started("1").await;
    let (invocation, _end) = bench.next().await;
    let other = bench.engine.start_json("remote", "2").await.unwrap().id();
    let (others, _other_end) = bench.next().await;
    bench.checkpoint(id, &invocation.token, vec![start("a")]).await.unwrap();

    let stale = Err(Refused::StaleToken);
    assert_eq!(bench.checkpoint(id, &invocation.token, vec![succeed("a", "1")]).await, stale);
    assert_eq!(bench.checkpoint(id, &others.token, vec![succeed("a", "1")]).await, stale);
    assert_eq!(bench.checkpoint(other, &invocation.token, vec![start("b")]).await, stale);
    for text in ["", "AAAA", "%"] {
        assert_eq!(bench.checkpoint(id, &CheckpointToken::from_text(text), Vec::new()).await, stale);
    }
    let state = bench.engine.replay_state(id, invocation.token).await;
    assert!(matches!(state, Err(EngineError::Refused(Refused::StaleToken))), "{state:?}");
    assert_eq!(notation(&bench.engine, id).await, "S0");
    assert_eq!(notation(&bench.engine, other).await, "");
}

#[tokio::test]
async fn the_same_call_gets_the_same_answer() {
    let (mut bench, id) = Bench::started("1").await;
    let (invocation, _end) = bench.next().await;
    let client_token = Some("once".to_owned());
    let call = CheckpointCall { token: invocation.token, updates: vec![start("a")], outcome: None, client_token };
    let answer = bench.call(id, call.clone()).await.unwrap();
    assert_eq!(bench.call(id, call.clone()).await.unwrap(), answer);
    // The same token with anything else is late.
    for other in [
        CheckpointCall { updates: vec![start("b")], ..call.clone() },
        CheckpointCall { client_token: Some("twice".to_owned()), ..call.clone() },
        CheckpointCall { client_token: None, ..call.clone() },
    ] {
        assert_eq!(bench.call(id, other).await, Err(Refused::StaleToken));
    }
    let state = bench.engine.replay_state(id, answer.token.unwrap()).await.unwrap();
    assert_eq!(states(&state), [("a", &State::Started)]);
    assert_eq!(bench.call(id, call.clone()).await.unwrap().changed, answer.changed);
}

#[tokio::test]
async fn a_crash_is_on_record_and_fences_the_old_run() {
    let (mut bench, id) = Bench::started("1").await;
    let (first, end) = bench.next().await;
    let checkpointed = bench.checkpoint(id, &first.token, vec![start("a")]).await.unwrap();
    end.send(InvocationEnd::Crashed(ErrorObject::new("Runtime.ExitError", "exit status: 1"))).unwrap();

    let (second, end) = bench.next().await;
    assert_ne!(first.request_id, second.request_id);
    assert_eq!(states(&second.operations), [("a", &State::Started)]);
    let late = bench.checkpoint(id, &checkpointed.token.unwrap(), vec![succeed("a", "1")]).await;
    assert_eq!(late, Err(Refused::StaleToken));
    bench.checkpoint(id, &second.token, vec![succeed("a", "1")]).await.unwrap();
    end.send(InvocationEnd::Succeeded(None)).unwrap();
    assert_eq!(bench.output(id).await.unwrap(), "null");
    assert_eq!(notation(&bench.engine, id).await, "S0 .! S+ . X+");
}

#[tokio::test]
async fn suspending_with_nothing_to_wait_for_is_a_crash() {
    let (mut bench, id) = Bench::started("1").await;
    let (_, end) = bench.next().await;
    end.send(InvocationEnd::Pending).unwrap();
    let (_, end) = bench.next().await;
    end.send(InvocationEnd::Succeeded(None)).unwrap();
    bench.output(id).await.unwrap();
    assert_eq!(notation(&bench.engine, id).await, ".! . X+");
}

#[tokio::test]
async fn what_came_before_a_suspension_wakes_the_next_run() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let (sender, invocations) = mpsc::unbounded_channel();
    let engine = Engine::open(&path).register_remote(function("remote", sender)).start().await.unwrap();
    let mut bench = Bench { engine, invocations };
    let id = bench.engine.start_json("remote", "1").await.unwrap().id();
    let (invocation, end) = bench.next().await;
    let opened = bench.checkpoint(id, &invocation.token, vec![callback("a")]).await.unwrap();
    let durable::model::Detail::Callback(detail) = &opened.changed[0].detail else { panic!("{opened:?}") };
    bench.engine.complete_callback(&detail.callback_id, "now").await.unwrap();
    // The run has not heard of it.
    end.send(InvocationEnd::Pending).unwrap();
    let (invocation, _end) = bench.next().await;
    assert_eq!(invocation.updated, [OperationId::from_text("a")]);
    let Bench { engine, invocations } = bench;
    drop(invocations);
    engine.shutdown_within(Duration::ZERO).await;

    // The same after a restart: the record says that this was not seen.
    let (sender, invocations) = mpsc::unbounded_channel();
    let engine = Engine::open(&path).register_remote(function("remote", sender)).start().await.unwrap();
    let mut bench = Bench { engine, invocations };
    let (invocation, end) = bench.next().await;
    assert_eq!(states(&invocation.operations), [("a", &State::Succeeded(Some("\"now\"".to_owned())))]);
    end.send(InvocationEnd::Succeeded(None)).unwrap();
    bench.output(id).await.unwrap();
    assert_eq!(notation(&bench.engine, id).await, "K0 K+ . . X+");
}

#[tokio::test]
async fn a_poll_hears_of_what_is_due() {
    let (mut bench, id) = Bench::started("1").await;
    let (invocation, _end) = bench.next().await;
    let mut answer = bench.checkpoint(id, &invocation.token, vec![wait("a", 1)]).await.unwrap();
    while !matches!(answer.changed.first().map(|wait| &wait.state), Some(State::Succeeded(_))) {
        answer = bench.checkpoint(id, &answer.token.unwrap(), Vec::new()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(notation(&bench.engine, id).await, "W0 W+");
}

#[tokio::test]
async fn the_end_can_be_recorded_by_a_checkpoint() {
    for (outcome, history) in
        [(Ok(Some("7".to_owned())), "S0 S+ . X+"), (Err(ErrorObject::new("E", "m")), "S0 S+ . X-")]
    {
        let (mut bench, id) = Bench::started("1").await;
        let (invocation, end) = bench.next().await;
        let updates = vec![start("a"), succeed("a", "1")];
        let call = CheckpointCall { token: invocation.token, updates, outcome: Some(outcome), client_token: None };
        let answer = bench.call(id, call).await.unwrap();
        assert_eq!(answer.token, None);
        // Nobody listens to how the invocation ends any more.
        let _ = end.send(InvocationEnd::Pending);
        let _ = bench.output(id).await;
        assert_eq!(notation(&bench.engine, id).await, history);
    }
}

#[tokio::test]
async fn functions_here_and_elsewhere_invoke_each_other() {
    let mut bench = Bench::new().await;
    let run = bench.engine.start(doubled_elsewhere(4)).await.unwrap();
    let (invocation, end) = bench.next().await;
    assert_eq!(invocation.input.as_deref(), Some("4"));
    let function = Name::new("arn:aws:lambda:eu-west-1:123456789012:function:doubled_elsewhere:$LATEST").unwrap();
    let input = Some("5".to_owned());
    let invoke = update(
        "a",
        Kind::ChainedInvoke,
        Action::Start(Start::Invoke { function, input, tenant: None, timeout_seconds: None }),
    );
    bench.checkpoint(invocation.execution, &invocation.token, vec![invoke]).await.unwrap();
    end.send(InvocationEnd::Pending).unwrap();
    let (grandchild, end) = bench.next().await;
    assert_eq!(grandchild.input.as_deref(), Some("5"));
    end.send(InvocationEnd::Succeeded(Some("10".to_owned()))).unwrap();
    let (again, end) = bench.next().await;
    assert_eq!(states(&again.operations), [("a", &State::Succeeded(Some("10".to_owned())))]);
    end.send(InvocationEnd::Succeeded(Some("8".to_owned()))).unwrap();
    assert_eq!(run.result().await.unwrap(), 8);
}

#[tokio::test]
async fn a_function_that_comes_later_takes_up_what_waits_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let (sender, mut invocations) = mpsc::unbounded_channel();
    let versioned = function("remote", sender).with_version("1");
    let engine = Engine::open(&path).register_remote(versioned).start().await.unwrap();
    let id = engine.start_json("remote", "1").await.unwrap().id();
    drop(invocations.recv().await.unwrap());
    engine.shutdown_within(Duration::ZERO).await;

    let engine = Engine::open(&path).start().await.unwrap();
    while engine.parked(id).is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (sender, mut invocations) = mpsc::unbounded_channel();
    // Another version is not what it waits for.
    engine.register_remote(function("remote", sender.clone()).with_version("2")).await.unwrap();
    engine.register_remote(function("remote", sender).with_version("1")).await.unwrap();
    let (invocation, end) = invocations.recv().await.unwrap();
    assert_eq!((invocation.execution, invocation.version.as_deref()), (id, Some("1")));
    end.send(InvocationEnd::Succeeded(None)).unwrap();
    engine.attach_json(id).await.unwrap().output().await.unwrap();
    assert!(engine.unregister_remote("remote", Some("1")));
    assert!(!engine.unregister_remote("remote", Some("1")));
}

#[tokio::test]
async fn an_invocation_that_takes_too_long_is_a_crash() {
    let (sender, mut invocations) = mpsc::unbounded_channel();
    let slow = function("remote", sender).with_invocation_timeout(Duration::from_millis(5));
    let engine = Engine::in_memory().register_remote(slow).start().await.unwrap();
    let id = engine.start_json("remote", "1").await.unwrap().id();
    let (_, _end) = invocations.recv().await.unwrap();
    let _again = invocations.recv().await.unwrap();
    let history = engine.history(id).await.unwrap();
    let durable::EventKind::InvocationCompleted { error: Some(error), .. } = &history[1].kind else {
        panic!("{history:?}")
    };
    assert_eq!(error.error_type.as_deref(), Some("Sandbox.Timedout"));
}

#[tokio::test]
async fn a_timer_can_be_given_up() {
    let (mut bench, id) = Bench::started("1").await;
    let (invocation, _end) = bench.next().await;
    let token =
        bench.checkpoint(id, &invocation.token, vec![wait("w", 1000), start("s")]).await.unwrap().token.unwrap();
    let cancel = |id: &str, kind| {
        let error = Some(ErrorObject::new("Changed", "no need to wait"));
        update(id, kind, Action::Cancel { error })
    };
    let token = bench.checkpoint(id, &token, vec![cancel("w", Kind::Wait)]).await.unwrap().token.unwrap();
    assert_eq!(notation(&bench.engine, id).await, "W0 S0 Wc");
    let history = bench.engine.history(id).await.unwrap();
    assert_eq!(history.last().unwrap().kind.summary(), "Changed: no need to wait");
    for illegal in [cancel("w", Kind::Wait), cancel("s", Kind::Step), cancel("never", Kind::Wait)] {
        let refused = bench.checkpoint(id, &token, vec![illegal]).await;
        assert!(matches!(refused, Err(Refused::IllegalUpdate { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn sec_batches_that_break_a_rule_are_refused_whole() {
    let (mut bench, id) = Bench::started("1").await;
    let (invocation, _end) = bench.next().await;
    let context = |id: &str, action| update(id, Kind::RunInChildContext, action);
    let batch = vec![
        context("c", Action::Start(Start::Plain)),
        start("retried"),
        update("retried", Kind::Step, Action::Retry { attempt: Err(ErrorObject::new("E", "m")), delay_seconds: 3600 }),
        wait("w", 1000),
    ];
    let token = bench.checkpoint(id, &invocation.token, batch).await.unwrap().token.unwrap();
    let under = |parent: &str, update: OperationUpdate| OperationUpdate {
        parent: Some(OperationId::from_text(parent)),
        ..update
    };
    let renamed = OperationUpdate { name: None, ..context("c", Action::Fail { error: ErrorObject::new("E", "m") }) };
    let large = "x".repeat(2_000_000);
    let invoke = Start::Invoke {
        function: Name::new("f").unwrap(),
        input: None,
        tenant: Some("t".repeat(257)),
        timeout_seconds: None,
    };
    let timeout = Start::Callback { timeout_seconds: Some(100_000_000), heartbeat_seconds: None };
    let illegal = [
        ("empty id", start("")),
        ("long id", start(&"a".repeat(65))),
        ("id with a space", start("a b")),
        ("id with a slash", start("a/b")),
        ("unknown parent", under("nobody", start("x"))),
        ("parent that is no context", under("w", start("x"))),
        ("malformed parent", under("a b", start("x"))),
        ("step that has not begun", succeed("x", "1")),
        ("wait that begins twice", wait("w", 1)),
        ("other type", start("w")),
        ("other name", renamed),
        ("attempt before its time", start("retried")),
        ("wait of no time", wait("x", 0)),
        ("wait of two years", wait("x", 63_000_000)),
        ("callback for too long", update("x", Kind::Callback, Action::Start(timeout))),
        ("long tenant", update("x", Kind::ChainedInvoke, Action::Start(invoke))),
        ("large payload", succeed("x", &large)),
        ("large error", update("x", Kind::Step, Action::Fail { error: ErrorObject::new("E", large.clone()) })),
    ];
    for (what, wrong) in illegal {
        let refused = bench.checkpoint(id, &token, vec![start("before"), wrong]).await;
        assert!(matches!(refused, Err(Refused::IllegalUpdate { .. } | Refused::TooLarge(_))), "{what}: {refused:?}");
    }
    let thrice = vec![start("x"), succeed("x", "1"), succeed("x", "2")];
    assert!(matches!(bench.checkpoint(id, &token, thrice).await, Err(Refused::IllegalUpdate { .. })));
    let both = vec![wait("x", 1), wait("x", 1)];
    assert!(matches!(bench.checkpoint(id, &token, both).await, Err(Refused::IllegalUpdate { .. })));
    // Nothing of it is there, and the token is still good.
    assert_eq!(notation(&bench.engine, id).await, "C0 S0 S-~3600#1 W0");
    bench.checkpoint(id, &token, vec![start("before")]).await.unwrap();
}

#[tokio::test]
async fn a_timeout_that_history_can_t_hold_is_refused_when_the_function_is_registered() {
    let endless = || {
        let (sender, _) = mpsc::unbounded_channel();
        function("endless", sender).with_execution_timeout(days(400))
    };
    let refused = Engine::in_memory().register_remote(endless()).start().await.unwrap_err();
    assert!(matches!(refused, durable::StartError::TimeoutTooLong { .. }), "{refused}");
    assert!(refused.to_string().starts_with("the timeout of `endless`'s executions: 34560000 seconds"), "{refused}");
    let engine = Engine::in_memory().start().await.unwrap();
    let refused = engine.register_remote(endless()).await.unwrap_err();
    assert!(matches!(refused, EngineError::TimeoutTooLong(_)), "{refused}");
    assert!(engine.start_json("endless", "1").await.is_err(), "nothing was registered");
}
