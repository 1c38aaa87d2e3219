//! Commands in, events out.

mod attempts;

use std::sync::Arc;

use super::*;
use crate::model::{
    Action, Detail, ErrorObject, EventKind, ExecutionId, Kind, Name, OperationId, OperationUpdate, Start, State,
    Timestamp,
};

struct Bench {
    execution: Execution,
    records: Vec<Record>,
    token: Token,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let spec = Spec {
            id: ExecutionId::from_bytes([7; 16]),
            function: Name::new("order").unwrap(),
            name: Name::new("order-42").unwrap(),
            version: None,
            input: Some("1".to_owned()),
            tenant: None,
            timeout_seconds: None,
            parent: None,
        };
        let now = Timestamp::from_millis(1_000_000);
        let (mut execution, records) = Execution::create(spec, key(), now);
        let token = execution.invoke(now).token;
        Self { execution, records, token, now }
    }

    /// Carries a command out, and checks that a restored execution comes to the same state.
    fn apply(&mut self, command: Command) -> Result<Applied, Refused> {
        let before = self.execution.clone();
        let applied = self.execution.apply(command, self.now);
        match &applied {
            Ok(applied) => {
                self.records.extend(applied.records.clone());
                self.token = applied.token.unwrap_or(self.token);
            }
            Err(_) => assert_eq!(format!("{:?}", self.execution.operations), format!("{:?}", before.operations)),
        }
        let restored = Execution::restore(before.spec.clone(), key(), self.records.clone()).unwrap();
        assert_eq!(restored.operations.len(), self.execution.operations.len());
        assert_eq!(restored.outcome, self.execution.outcome);
        applied
    }

    fn checkpoint(&mut self, updates: Vec<OperationUpdate>) -> Result<Applied, Refused> {
        self.apply(Command::Checkpoint { token: self.token, updates })
    }

    fn suspend(&mut self, updates: Vec<OperationUpdate>) -> Result<Applied, Refused> {
        self.apply(Command::Suspend { token: self.token, updates })
    }

    fn invoke(&mut self) {
        self.token = self.execution.invoke(self.now).token;
    }

    fn after(&mut self, seconds: u32) {
        self.now = self.now.plus_seconds(seconds);
        self.apply(Command::Tick).unwrap();
    }

    /// The history from event 2 on, in the notation of the conformance tables.
    fn history(&self) -> String {
        let events = self.records.iter().filter_map(|record| match record {
            Record::Event(event) => Some(event),
            _ => None,
        });
        let numbers: Vec<_> = events.clone().map(|event| event.event_id).collect();
        assert!(numbers.iter().copied().eq(1..=numbers.len() as u32), "gaps in {numbers:?}");
        events.skip(1).map(|event| symbol(&event.kind)).collect::<Vec<_>>().join(" ")
    }
}

fn key() -> Arc<CallbackKey> {
    Arc::new(CallbackKey::from_bytes([3; 32]))
}

fn symbol(kind: &EventKind) -> String {
    match kind {
        EventKind::ExecutionStarted { .. } => "X0".into(),
        EventKind::ExecutionSucceeded { .. } => "X+".into(),
        EventKind::ExecutionFailed { .. } => "X-".into(),
        EventKind::ExecutionStopped { .. } => "X!".into(),
        EventKind::ContextStarted => "C0".into(),
        EventKind::ContextSucceeded { .. } => "C+".into(),
        EventKind::ContextFailed { .. } => "C-".into(),
        EventKind::WaitStarted { .. } => "W0".into(),
        EventKind::WaitSucceeded { .. } => "W+".into(),
        EventKind::WaitCancelled { .. } => "Wc".into(),
        EventKind::StepStarted => "S0".into(),
        EventKind::StepSucceeded { attempt, next_delay_seconds: Some(delay), .. } => format!("S+~{delay}#{attempt}"),
        EventKind::StepSucceeded { attempt, .. } => format!("S+#{attempt}"),
        EventKind::StepFailed { attempt, next_delay_seconds: Some(delay), .. } => format!("S-~{delay}#{attempt}"),
        EventKind::StepFailed { attempt, .. } => format!("S-#{attempt}"),
        EventKind::CallbackStarted { .. } => "K0".into(),
        EventKind::CallbackSucceeded { .. } => "K+".into(),
        EventKind::CallbackFailed { .. } => "K-".into(),
        EventKind::CallbackTimedOut { .. } => "Kt".into(),
        EventKind::ExecutionTimedOut { .. } => "Xt".into(),
        EventKind::ChainedInvokeStarted { .. } => "I0".into(),
        EventKind::ChainedInvokeSucceeded { .. } => "I+".into(),
        EventKind::ChainedInvokeFailed { .. } => "I-".into(),
        EventKind::ChainedInvokeTimedOut { .. } => "It".into(),
        EventKind::ChainedInvokeStopped { .. } => "I!".into(),
        EventKind::InvocationCompleted { error: None, .. } => ".".into(),
        EventKind::InvocationCompleted { .. } => ".!".into(),
        EventKind::ExecutionPaused { .. } => "P0".into(),
        EventKind::ExecutionResumed { .. } => "P+".into(),
    }
}

fn id(name: &'static str) -> OperationId {
    OperationId::derive(None, &Name::new(name).unwrap(), 0)
}

fn update(name: &'static str, kind: Kind, action: Action) -> OperationUpdate {
    OperationUpdate { id: id(name), parent: None, name: Some(Name::new(name).unwrap()), kind, action }
}

fn start(name: &'static str) -> OperationUpdate {
    update(name, Kind::Step, Action::Start(Start::Plain))
}

fn succeed(name: &'static str) -> OperationUpdate {
    update(name, Kind::Step, Action::Succeed { payload: Some("1".into()), replay_children: false })
}

fn retry(name: &'static str, delay_seconds: u32) -> OperationUpdate {
    update(name, Kind::Step, Action::Retry { attempt: Err(ErrorObject::new("E", "e")), delay_seconds })
}

fn wait(name: &'static str, seconds: u32) -> OperationUpdate {
    update(name, Kind::Wait, Action::Start(Start::Wait { seconds }))
}

fn callback(name: &'static str, timeout: Option<u32>, heartbeat: Option<u32>) -> OperationUpdate {
    let start = Start::Callback { timeout_seconds: timeout, heartbeat_seconds: heartbeat };
    update(name, Kind::Callback, Action::Start(start))
}

fn finished(token: Token) -> Command {
    Command::Finish { token, updates: vec![], outcome: Outcome::Succeeded(None) }
}

#[test]
fn a_step_is_one_batch() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![start("a"), succeed("a")]).unwrap();
    bench.apply(finished(bench.token)).unwrap();
    assert_eq!(bench.history(), "S0 S+#1 . X+");
}

#[test]
fn a_wait_ends_on_time_and_wakes_the_execution() {
    let mut bench = Bench::new();
    bench.suspend(vec![wait("pause", 60)]).unwrap();
    bench.after(59);
    assert_eq!(bench.history(), "W0 .");
    bench.after(1);
    assert_eq!(bench.history(), "W0 . W+");
    assert!(bench.execution.should_run());
}

#[test]
fn a_callback_that_comes_before_the_run_suspends_is_not_lost() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![callback("approval", None, None)]).unwrap();
    bench.execution.take_unseen();
    let applied = bench.apply(Command::Complete { operation: id("approval"), outcome: Ok(None) }).unwrap();
    assert_eq!(applied.changed.len(), 1, "a live run is told at once");
    assert_eq!(bench.history(), "K0 K+");
}

#[test]
fn a_run_that_has_not_seen_everything_does_not_end() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![wait("first", 1), wait("second", 9)]).unwrap();
    bench.now = bench.now.plus_seconds(1);
    bench.execution.apply(Command::Tick, bench.now).unwrap();
    bench.execution.unseen.insert(0);
    let applied = bench.execution.apply(Command::Suspend { token: bench.token, updates: vec![] }, bench.now).unwrap();
    assert!(applied.token.is_some() && applied.changed.len() == 1);
}

#[test]
fn the_first_completion_of_a_callback_wins() {
    let mut bench = Bench::new();
    bench.suspend(vec![callback("approval", Some(10), None)]).unwrap();
    bench.apply(Command::Complete { operation: id("approval"), outcome: Ok(Some("1".into())) }).unwrap();
    let late = bench.apply(Command::Complete { operation: id("approval"), outcome: Ok(Some("2".into())) });
    assert_eq!(late, Err(Refused::CallbackClosed));
    bench.after(10);
    assert_eq!(bench.history(), "K0 . K+");
}

#[test]
fn heartbeats_move_their_deadline_only() {
    let mut bench = Bench::new();
    bench.suspend(vec![callback("approval", Some(100), Some(10))]).unwrap();
    bench.after(9);
    bench.apply(Command::Heartbeat { operation: id("approval") }).unwrap();
    bench.after(9);
    assert_eq!(bench.history(), "K0 .");
    assert!(!bench.execution.should_run());
    bench.after(1);
    assert_eq!(bench.history(), "K0 . Kt");
    let State::TimedOut(error) = bench.execution.operation(&id("approval")).unwrap().state.clone() else { panic!() };
    assert!(error.is("Callback.Heartbeat"));
}

#[test]
fn a_stale_token_changes_nothing() {
    let mut bench = Bench::new();
    let stale = bench.token;
    bench.checkpoint(vec![start("a")]).unwrap();
    let refused = bench.apply(Command::Checkpoint { token: stale, updates: vec![succeed("a")] });
    assert_eq!(refused, Err(Refused::StaleToken));
    assert!(Refused::StaleToken.to_string().starts_with("Invalid checkpoint token"));
    assert_eq!(bench.history(), "S0");
}

#[test]
fn an_illegal_batch_leaves_nothing_behind() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![start("a")]).unwrap();
    let refused = bench.checkpoint(vec![succeed("a"), wait("pause", 3), succeed("a")]);
    assert!(matches!(refused, Err(Refused::IllegalUpdate { .. })));
    assert_eq!(bench.history(), "S0");
    assert_eq!(bench.execution.due(), None);
    bench.checkpoint(vec![succeed("a")]).unwrap();
    assert_eq!(bench.history(), "S0 S+#1");
}

#[test]
fn a_run_that_waits_for_nothing_may_not_suspend() {
    let mut bench = Bench::new();
    assert_eq!(bench.suspend(vec![start("a")]), Err(Refused::NothingPending));
    assert_eq!(bench.history(), "");
}

#[test]
fn an_interrupted_run_is_noticed_after_a_restart() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![start("a")]).unwrap();
    let mut restored = Execution::restore(bench.execution.spec.clone(), key(), bench.records.clone()).unwrap();
    assert!(restored.was_interrupted() && restored.should_run());
    let applied =
        restored.apply(Command::Crash { error: ErrorObject::new("Runtime.ExitError", "exit") }, bench.now).unwrap();
    bench.records.extend(applied.records);
    assert_eq!(bench.history(), "S0 .!");
    assert!(!restored.was_interrupted() && restored.should_run());
}

#[test]
fn nothing_follows_the_end() {
    let mut bench = Bench::new();
    bench.suspend(vec![wait("pause", 5)]).unwrap();
    bench.apply(Command::Stop { error: ErrorObject::new("Stopped", "enough") }).unwrap();
    bench.now = bench.now.plus_seconds(9);
    assert_eq!(bench.apply(Command::Tick), Err(Refused::Ended));
    assert_eq!(bench.history(), "W0 . X!");
    assert_eq!(bench.execution.due(), None);
}

fn inside(context: &'static str, update: OperationUpdate) -> OperationUpdate {
    OperationUpdate { parent: Some(id(context)), ..update }
}

fn context(name: &'static str, action: Action) -> OperationUpdate {
    update(name, Kind::RunInChildContext, action)
}

#[test]
fn what_is_open_in_a_context_that_ends_is_given_up() {
    let mut bench = Bench::new();
    let open = context("race", Action::Start(Start::Plain));
    let begin = vec![open, inside("race", wait("late", 5)), inside("race", callback("never", None, None))];
    bench.checkpoint(begin).unwrap();
    let won = context("race", Action::Succeed { payload: None, replay_children: true });
    bench.checkpoint(vec![won]).unwrap();
    assert_eq!(bench.execution.due(), None);
    assert!(matches!(bench.checkpoint(vec![inside("race", start("more"))]), Err(Refused::IllegalUpdate { .. })));
    let late = bench.apply(Command::Complete { operation: id("never"), outcome: Ok(None) });
    assert_eq!(late, Err(Refused::CallbackClosed));
    assert_eq!(bench.suspend(vec![]), Err(Refused::NothingPending));
}

#[test]
fn an_illegal_batch_gives_nothing_up() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![context("race", Action::Start(Start::Plain)), inside("race", wait("late", 5))]).unwrap();
    let due = bench.execution.due();
    let won = context("race", Action::Succeed { payload: None, replay_children: false });
    assert!(bench.checkpoint(vec![won, succeed("unknown")]).is_err());
    assert_eq!(bench.execution.due(), due);
    bench.suspend(vec![]).unwrap();
    assert!(bench.execution.has_wake_source());
}

#[test]
fn a_child_s_end_is_its_operation_s_end_once() {
    let mut bench = Bench::new();
    let invoke =
        Start::Invoke { function: Name::new("other").unwrap(), input: None, tenant: None, timeout_seconds: None };
    bench.suspend(vec![update("other", Kind::ChainedInvoke, Action::Start(invoke))]).unwrap();
    let ended = Command::EndChild { operation: id("other"), outcome: Outcome::Succeeded(Some("7".into())) };
    bench.apply(ended.clone()).unwrap();
    assert_eq!(bench.apply(ended).unwrap().records, []);
    assert_eq!(bench.history(), "I0 . I+");
    assert!(bench.execution.should_run());
}

#[test]
fn what_a_child_ended_with_is_held_to_the_limits_of_its_parent() {
    let error = || ErrorObject::new("Refused", "x".repeat(200));
    for (outcome, history, expected) in [
        (Outcome::Succeeded(Some("1".repeat(100))), "I0 . I+", None),
        (
            Outcome::Succeeded(Some("1".repeat(101))),
            "I0 . I-",
            Some(("PayloadTooLarge", "invoke `other` has 101 bytes")),
        ),
        (Outcome::Failed(error()), "I0 . I-", Some(("Refused", "(cut: the error had 207 bytes"))),
        (Outcome::TimedOut(error()), "I0 . It", Some(("Refused", "(cut: the error had 207 bytes"))),
        (Outcome::Stopped(error()), "I0 . I!", Some(("Refused", "(cut: the error had 207 bytes"))),
    ] {
        let mut bench = Bench::new();
        bench.execution = bench.execution.with_limits(Limits::none().payload_bytes(100));
        let invoke =
            Start::Invoke { function: Name::new("other").unwrap(), input: None, tenant: None, timeout_seconds: None };
        bench.suspend(vec![update("other", Kind::ChainedInvoke, Action::Start(invoke))]).unwrap();
        bench.apply(Command::EndChild { operation: id("other"), outcome }).unwrap();
        assert_eq!(bench.history(), history);
        let error = match &bench.execution.operation(&id("other")).unwrap().state {
            State::Failed(error) | State::TimedOut(error) | State::Stopped(error) => Some(error),
            _ => None,
        };
        assert_eq!(error.is_some(), expected.is_some());
        if let (Some(error), Some((error_type, text))) = (error, expected) {
            assert!(error.is(error_type) && error.text().contains(text), "{error}");
        }
    }
}

#[test]
fn an_invocation_that_ended_with_an_error_counts_and_so_does_its_error() {
    let crashed = |limits: Limits| {
        let mut bench = Bench::new();
        bench.execution = bench.execution.with_limits(limits);
        bench.checkpoint(vec![start("a")]).unwrap();
        bench.apply(Command::Crash { error: ErrorObject::new("Runtime.ExitError", "exit") }).unwrap();
        bench.invoke();
        bench.checkpoint(vec![succeed("a"), start("b")])
    };
    // The execution, two steps, and the crash between them.
    assert!(crashed(Limits::none().operations(4)).is_ok());
    let refused = crashed(Limits::none().operations(3)).unwrap_err();
    assert!(matches!(&refused, Refused::TooLarge(error) if error.is("OperationLimitExceeded")), "{refused}");
    // A byte of input and one of a result, and the type and the text of the error.
    assert!(crashed(Limits::none().stored_bytes(2 + 17 + 4)).is_ok());
    let refused = crashed(Limits::none().stored_bytes(2 + 17 + 3)).unwrap_err();
    assert!(matches!(&refused, Refused::TooLarge(error) if error.is("StorageLimitExceeded")), "{refused}");
}

#[test]
fn an_execution_times_out_whatever_it_waits_for() {
    let mut bench = Bench::new();
    let spec = Spec { timeout_seconds: Some(60), ..bench.execution.spec.clone() };
    let (mut execution, records) = Execution::create(spec, key(), bench.now);
    bench.token = execution.invoke(bench.now).token;
    (bench.execution, bench.records) = (execution, records);
    bench.suspend(vec![wait("pause", 600)]).unwrap();
    assert_eq!(bench.execution.due(), Some(bench.now.plus_seconds(60)));
    bench.after(60);
    assert_eq!(bench.history(), "W0 . Xt");
    assert_eq!(bench.execution.due(), None);
}

#[test]
fn an_identity_never_changes() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![start("a")]).unwrap();
    let other = OperationUpdate { id: id("a"), ..wait("a", 1) };
    assert!(matches!(bench.checkpoint(vec![other]), Err(Refused::IllegalUpdate { .. })));
}

#[test]
fn time_does_not_run_backwards() {
    let mut bench = Bench::new();
    bench.checkpoint(vec![start("a")]).unwrap();
    bench.now = Timestamp::from_millis(0);
    bench.checkpoint(vec![succeed("a")]).unwrap();
    let times: Vec<_> = bench.records.iter().filter_map(Record::timestamp).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_pause_begins_when_the_live_run_ends_and_moves_the_timeout() {
    let mut bench = Bench::new();
    bench.execution.spec.timeout_seconds = Some(100);
    bench.apply(Command::Pause { reason: None, pauses_timeout: true }).unwrap();
    assert_eq!(bench.execution.standing().status, crate::model::ExecutionStatus::Pausing);
    bench.suspend(vec![callback("approval", None, None)]).unwrap();
    assert_eq!(bench.history(), "K0 . P0");
    assert_eq!(bench.execution.standing().status, crate::model::ExecutionStatus::Paused);
    assert!(!bench.execution.should_run());
    assert_eq!(bench.execution.due(), None);
    bench.now = bench.now.plus_seconds(1_000);
    bench.apply(Command::Resume { reason: None }).unwrap();
    assert_eq!(bench.execution.due(), Some(Timestamp::from_millis(1_000_000).plus_seconds(1_100)));
    assert_eq!(bench.apply(Command::Resume { reason: None }), Err(Refused::NotPaused));
}

#[test]
fn a_run_that_is_lost_while_a_pause_waits_for_it_lets_the_pause_begin() {
    let mut bench = Bench::new();
    bench.apply(Command::Pause { reason: None, pauses_timeout: false }).unwrap();
    let mut restored = Execution::restore(bench.execution.spec.clone(), key(), bench.records.clone()).unwrap();
    assert!(restored.was_interrupted());
    restored.apply(Command::Crash { error: ErrorObject::new("Runtime.ExitError", "gone") }, bench.now).unwrap();
    assert_eq!(restored.standing().status, crate::model::ExecutionStatus::Paused);
    assert!(!restored.was_interrupted());
}

#[test]
fn contexts_with_a_result_hide_what_is_inside() {
    let mut bench = Bench::new();
    let context = |name, action| OperationUpdate { id: id(name), parent: None, name: None, kind: Kind::Map, action };
    let inside = |parent, update: OperationUpdate| OperationUpdate { parent: Some(id(parent)), ..update };
    let end = |replay_children| Action::Succeed { payload: None, replay_children };
    bench
        .checkpoint(vec![
            context("plain", Action::Start(Start::Plain)),
            inside("plain", context("inner", Action::Start(Start::Plain))),
            inside("inner", start("hidden")),
            context("large", Action::Start(Start::Plain)),
            inside("large", start("shown")),
            context("plain", end(false)),
            context("large", end(true)),
        ])
        .unwrap();
    let needed: Vec<_> = bench.execution.needed_operations().into_iter().map(|operation| operation.id).collect();
    assert_eq!(needed, [id("plain"), id("large"), id("shown")]);
}
