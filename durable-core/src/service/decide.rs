//! From commands to records.

use super::command::{Applied, Command, Refused, Token};
use super::execution::{Execution, Outcome};
use super::fold::fold;
use super::record::Record;
use super::undo::Mark;
use crate::model::{
    Action, Detail, ErrorObject, Event, EventKind, ExecutionId, Identity, Kind, Operation, OperationId,
    OperationUpdate, Start, State, Timestamp,
};

/// The error types and messages of a callback whose time is over, as AWS has them.
const TIMEOUT: (&str, &str) = ("Callback.Timeout", "Callback timed out");
const HEARTBEAT_TIMEOUT: (&str, &str) = ("Callback.Heartbeat", "Callback timed out on heartbeat");

impl Execution {
    /// Carries a command out: folds in what it adds and returns that, or refuses it and changes nothing.
    pub fn apply(&mut self, command: Command, now: Timestamp) -> Result<Applied, Refused> {
        let now = now.max(self.last_time);
        match command {
            Command::Checkpoint { token, updates } => self.checkpoint(token, updates, now),
            Command::Suspend { token, updates } => self.suspend(token, updates, now),
            Command::Finish { token, updates, outcome } => self.finish(token, updates, outcome, now),
            Command::Crash { error } => self.crash(error, now),
            Command::Tick => self.tick(now),
            Command::Complete { operation, outcome } => self.complete(&operation, outcome, now),
            Command::EndChild { operation, outcome } => self.end_child(&operation, outcome, now),
            Command::Heartbeat { operation } => self.heartbeat(operation, now),
            Command::Stop { error } => self.stop(error, now),
            Command::Pause { reason, pauses_timeout } => self.pause(reason, pauses_timeout, now),
            Command::Resume { reason } => self.resume_paused(reason, now),
        }
    }

    fn checkpoint(&mut self, token: Token, updates: Vec<OperationUpdate>, now: Timestamp) -> Result<Applied, Refused> {
        self.require_current(token)?;
        let records = self.record(updates, now)?;
        Ok(self.go_on(records))
    }

    fn suspend(&mut self, token: Token, updates: Vec<OperationUpdate>, now: Timestamp) -> Result<Applied, Refused> {
        self.require_current(token)?;
        if self.live.as_ref().is_some_and(|live| live.remote) {
            return self.suspend_remote(updates, now);
        }
        // Something arrived that the run was not told of: it goes on with that instead.
        let news = !self.unseen.is_empty();
        let before = Mark::new(self, &updates);
        let mut records = self.record(updates, now)?;
        if news {
            return Ok(self.go_on(records));
        }
        if self.wake_sources.is_empty() {
            before.roll_back(self);
            return Err(Refused::NothingPending);
        }
        let changed = self.take_unseen();
        self.end_run(None, now, &mut records);
        self.pause_begins(now, &mut records);
        Ok(Applied { records, changed, token: None })
    }

    /// A run elsewhere has ended by the time we hear of it. What it was not told of is for the next one.
    fn suspend_remote(&mut self, updates: Vec<OperationUpdate>, now: Timestamp) -> Result<Applied, Refused> {
        let news: Vec<_> = self.unseen.iter().filter_map(|position| self.operations.get(*position)).collect();
        let news: Vec<_> = news.into_iter().map(|operation| operation.id.clone()).collect();
        let before = Mark::new(self, &updates);
        let mut records = self.record(updates, now)?;
        if self.wake_sources.is_empty() && news.is_empty() {
            before.roll_back(self);
            return Err(Refused::NothingPending);
        }
        self.end_run(None, now, &mut records);
        if !news.is_empty() {
            let record = Record::News { operations: news };
            // These operations were there before.
            let _ = fold(self, &record);
            records.push(record);
        }
        self.pause_begins(now, &mut records);
        Ok(Applied { records, ..Applied::default() })
    }

    fn finish(
        &mut self,
        token: Token,
        updates: Vec<OperationUpdate>,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Applied, Refused> {
        self.require_current(token)?;
        let mut records = self.record(updates, now)?;
        let outcome = self.fitting(outcome);
        self.end_run(None, now, &mut records);
        self.end(outcome, now, &mut records);
        Ok(Applied { records, ..Applied::default() })
    }

    /// The outcome, or in the place of a result that is too large the error that says so.
    fn fitting(&self, outcome: Outcome) -> Outcome {
        let result = match outcome {
            Outcome::Succeeded(ref result) => result,
            Outcome::Failed(error) => return Outcome::Failed(self.limits.fit_final_error(error)),
            Outcome::Stopped(error) => return Outcome::Stopped(self.limits.fit_final_error(error)),
            outcome => return outcome,
        };
        let what = || format!("the result of `{}`", self.spec.function);
        match self.limits.check_result(result.as_deref(), what) {
            Ok(()) => outcome,
            Err(error) => Outcome::Failed(error),
        }
    }

    fn crash(&mut self, error: ErrorObject, now: Timestamp) -> Result<Applied, Refused> {
        self.require_running()?;
        let mut records = Vec::new();
        self.end_run(Some(error), now, &mut records);
        self.pause_begins(now, &mut records);
        Ok(Applied { records, ..Applied::default() })
    }

    fn tick(&mut self, now: Timestamp) -> Result<Applied, Refused> {
        self.require_running()?;
        let mut records = Vec::new();
        if self.expires().is_some_and(|expires| expires <= now) {
            let message = "the execution did not end within its timeout";
            self.end(Outcome::TimedOut(ErrorObject::new("ExecutionTimedOut", message)), now, &mut records);
            return Ok(Applied { records, ..Applied::default() });
        }
        while let Some((due, position)) = self.deadlines.first().copied()
            && due <= now
        {
            let Some(operation) = self.operations.get(position).cloned() else { break };
            match expiry(&operation, now) {
                Some(kind) => self.emit(Some(identity_of(&operation)), kind, now, &mut records),
                // History has no event for the end of a retry delay.
                None => {
                    let position = self.put(Operation { state: State::Ready, ..operation });
                    self.unseen.insert(position);
                }
            }
        }
        Ok(self.outside(records))
    }

    fn complete(
        &mut self,
        id: &OperationId,
        outcome: Result<Option<String>, ErrorObject>,
        now: Timestamp,
    ) -> Result<Applied, Refused> {
        let identity = self.open_callback(id)?;
        let what =
            || format!("the value of callback `{}`", identity.name.as_ref().map_or("", crate::model::Name::as_str));
        let kind = match outcome {
            Ok(result) => {
                self.limits.check_payload(result.as_deref(), what).map_err(Refused::TooLarge)?;
                EventKind::CallbackSucceeded { result }
            }
            Err(error) => EventKind::CallbackFailed { error: self.limits.fit_error(error) },
        };
        let mut records = Vec::new();
        self.emit(Some(identity), kind, now, &mut records);
        Ok(self.outside(records))
    }

    fn end_child(&mut self, id: &OperationId, outcome: Outcome, now: Timestamp) -> Result<Applied, Refused> {
        self.require_running()?;
        let Some(identity) = self.awaited(id, Kind::ChainedInvoke) else {
            // It was told before, or nobody waits for it any more.
            return Ok(self.outside(Vec::new()));
        };
        // The child may have recorded more than one operation may; it has ended, and can't be refused.
        let what =
            || format!("the result of invoke `{}`", identity.name.as_ref().map_or("", crate::model::Name::as_str));
        let kind = match outcome {
            Outcome::Succeeded(result) => match self.limits.check_payload(result.as_deref(), what) {
                Ok(()) => EventKind::ChainedInvokeSucceeded { result },
                Err(error) => EventKind::ChainedInvokeFailed { error },
            },
            Outcome::Failed(error) => EventKind::ChainedInvokeFailed { error: self.limits.fit_error(error) },
            Outcome::TimedOut(error) => EventKind::ChainedInvokeTimedOut { error: self.limits.fit_error(error) },
            Outcome::Stopped(error) => EventKind::ChainedInvokeStopped { error: self.limits.fit_error(error) },
        };
        let mut records = Vec::new();
        self.emit(Some(identity), kind, now, &mut records);
        Ok(self.outside(records))
    }

    fn heartbeat(&mut self, operation: OperationId, now: Timestamp) -> Result<Applied, Refused> {
        self.open_callback(&operation)?;
        let record = Record::Heartbeat { operation, at: now };
        // An open callback takes a heartbeat whatever else is true of it.
        let _ = fold(self, &record);
        Ok(self.outside(vec![record]))
    }

    fn stop(&mut self, error: ErrorObject, now: Timestamp) -> Result<Applied, Refused> {
        self.require_running()?;
        let mut records = Vec::new();
        let outcome = self.fitting(Outcome::Stopped(error));
        self.end(outcome, now, &mut records);
        Ok(Applied { records, ..Applied::default() })
    }

    /// The answer to a command that no run gave: a live run is told what changed.
    pub(super) fn outside(&mut self, records: Vec<Record>) -> Applied {
        let listens = self.live.as_ref().is_some_and(|live| !live.remote);
        let changed = if listens { self.take_unseen() } else { Vec::new() };
        Applied { records, changed, token: None }
    }

    pub(super) fn require_running(&self) -> Result<(), Refused> {
        if self.outcome.is_some() { Err(Refused::Ended) } else { Ok(()) }
    }

    fn is_open_context(&self, position: usize) -> bool {
        let open = |operation: &Operation| operation.kind.is_context() && !operation.state.is_terminal();
        self.operations.get(position).is_some_and(open) && !self.abandoned.contains(&position)
    }

    fn require_current(&self, token: Token) -> Result<(), Refused> {
        let current = self.live.as_ref().is_some_and(|live| live.token == token);
        if current { Ok(()) } else { Err(Refused::StaleToken) }
    }

    fn open_callback(&self, id: &OperationId) -> Result<Identity, Refused> {
        self.require_running()?;
        self.awaited(id, Kind::Callback).ok_or(Refused::CallbackClosed)
    }

    /// An operation of this kind that is open, and that somebody waits for.
    fn awaited(&self, id: &OperationId, kind: Kind) -> Option<Identity> {
        let position = self.index.get(id).filter(|position| self.wake_sources.contains(**position))?;
        self.operations.get(*position).filter(|operation| operation.kind == kind).map(identity_of)
    }

    /// The answer to a run's checkpoint: what it has to learn of, and a new token in the place of the one it used.
    fn go_on(&mut self, records: Vec<Record>) -> Applied {
        let token = self.next_token();
        if let Some(live) = &mut self.live {
            live.token = token;
        }
        Applied { records, changed: self.take_unseen(), token: Some(token) }
    }

    fn end_run(&mut self, error: Option<ErrorObject>, now: Timestamp, records: &mut Vec<Record>) {
        let started = self.live.as_ref().map(|live| live.started).or(self.active_since).unwrap_or(now);
        let request_id = self.request_id();
        self.emit(None, EventKind::InvocationCompleted { started, request_id, error }, now, records);
    }

    fn end(&mut self, outcome: Outcome, now: Timestamp, records: &mut Vec<Record>) {
        let kind = match outcome {
            Outcome::Succeeded(result) => EventKind::ExecutionSucceeded { result },
            Outcome::Failed(error) => EventKind::ExecutionFailed { error },
            Outcome::TimedOut(error) => EventKind::ExecutionTimedOut { error },
            Outcome::Stopped(error) => EventKind::ExecutionStopped { error },
        };
        self.emit(None, kind, now, records);
    }

    /// Records a batch of updates, or none of them.
    fn record(&mut self, updates: Vec<OperationUpdate>, now: Timestamp) -> Result<Vec<Record>, Refused> {
        let before = Mark::new(self, &updates);
        let mut records = Vec::with_capacity(updates.len());
        for update in updates {
            if let Err(refused) = self.record_one(update, now, &mut records) {
                before.roll_back(self);
                return Err(refused);
            }
        }
        if let Err(error) = self.limits.check_size(self.size)
            && !records.is_empty()
        {
            before.roll_back(self);
            return Err(Refused::TooLarge(error));
        }
        Ok(records)
    }

    fn record_one(
        &mut self,
        update: OperationUpdate,
        now: Timestamp,
        records: &mut Vec<Record>,
    ) -> Result<(), Refused> {
        let OperationUpdate { id, parent, name, kind, action } = update;
        let illegal = |problem: String| Refused::IllegalUpdate { id: id.clone(), problem };
        let identity = Identity { id: id.clone(), parent, name, kind };
        let known = self.operation(&id);
        if let Some(known) = known {
            let recorded = identity_of(known);
            if recorded != identity {
                return Err(illegal(format!("is recorded as {recorded:?}, not as {identity:?}")));
            }
        }
        if let Some(parent) = &identity.parent {
            let open = self.index.get(parent).is_some_and(|position| self.is_open_context(*position));
            if !open {
                return Err(illegal(format!("its parent {parent} is not an open context")));
            }
        }
        let event = event_of(action, kind, known, || ExecutionId::of_child(self.spec.id, &id), now).map_err(illegal)?;
        self.try_emit(Some(identity), event, now, records).map_err(illegal)
    }

    /// Adds an event that the state is known to allow.
    pub(super) fn emit(
        &mut self,
        operation: Option<Identity>,
        kind: EventKind,
        now: Timestamp,
        records: &mut Vec<Record>,
    ) {
        let emitted = self.try_emit(operation, kind, now, records);
        debug_assert_eq!(emitted, Ok(()));
    }

    fn try_emit(
        &mut self,
        operation: Option<Identity>,
        kind: EventKind,
        now: Timestamp,
        records: &mut Vec<Record>,
    ) -> Result<(), String> {
        let event_id = self.last_event + 1;
        let record = Record::Event(Event { event_id, timestamp: now, operation, kind });
        let folded = fold(self, &record);
        match folded {
            Ok(()) => records.push(record),
            // The number was not used.
            Err(_) => self.last_event = event_id - 1,
        }
        folded
    }
}

fn identity_of(operation: &Operation) -> Identity {
    Identity {
        id: operation.id.clone(),
        parent: operation.parent.clone(),
        name: operation.name.clone(),
        kind: operation.kind,
    }
}

/// What happens to an operation whose deadline is over; `None` for a retry delay.
fn expiry(operation: &Operation, now: Timestamp) -> Option<EventKind> {
    match &operation.detail {
        Detail::Wait { until } => {
            let seconds = u32::try_from(until.since(operation.started).as_secs()).unwrap_or(u32::MAX);
            Some(EventKind::WaitSucceeded { seconds })
        }
        Detail::Callback(callback) => {
            let overall = callback.timeout.is_some_and(|timeout| timeout <= now);
            let (error_type, message) = if overall { TIMEOUT } else { HEARTBEAT_TIMEOUT };
            Some(EventKind::CallbackTimedOut { error: ErrorObject::new(error_type, message) })
        }
        Detail::Step { .. } | Detail::Context { .. } | Detail::Invoke { .. } => None,
    }
}

/// The event of an update; the fold checks that the operation's state allows it.
fn event_of(
    action: Action,
    kind: Kind,
    known: Option<&Operation>,
    child: impl FnOnce() -> ExecutionId,
    now: Timestamp,
) -> Result<EventKind, String> {
    if kind.is_step() {
        return step_event(action, known);
    }
    Ok(match (kind, action) {
        (kind, Action::Start(Start::Plain)) if kind.is_context() => EventKind::ContextStarted,
        (kind, Action::Succeed { payload, replay_children }) if kind.is_context() => {
            EventKind::ContextSucceeded { result: payload, replay_children }
        }
        (kind, Action::Fail { error }) if kind.is_context() => EventKind::ContextFailed { error },
        (Kind::Wait, Action::Start(Start::Wait { seconds })) => {
            EventKind::WaitStarted { seconds, until: now.plus_seconds(seconds) }
        }
        (Kind::Wait, Action::Cancel { error }) => EventKind::WaitCancelled { error },
        (Kind::Callback, Action::Start(Start::Callback { timeout_seconds, heartbeat_seconds })) => {
            EventKind::CallbackStarted { callback_id: None, timeout_seconds, heartbeat_seconds }
        }
        (Kind::ChainedInvoke, Action::Start(Start::Invoke { function, input, tenant, timeout_seconds })) => {
            // Whoever starts the child knows its version.
            EventKind::ChainedInvokeStarted {
                function,
                version: None,
                input,
                tenant,
                timeout_seconds,
                execution: child(),
            }
        }
        (kind, other) => return Err(format!("a {kind} has no {other:?}")),
    })
}

fn step_event(action: Action, known: Option<&Operation>) -> Result<EventKind, String> {
    let ended = match known.map(|operation| &operation.detail) {
        Some(Detail::Step { attempts, .. }) => *attempts,
        _ => 0,
    };
    let attempt = ended + 1;
    Ok(match action {
        Action::Start(Start::Plain) => EventKind::StepStarted,
        Action::Succeed { payload, replay_children: false } => {
            EventKind::StepSucceeded { result: payload, attempt, next_delay_seconds: None }
        }
        Action::Fail { error } => EventKind::StepFailed { error, attempt, next_delay_seconds: None },
        Action::Retry { attempt: Err(error), delay_seconds } => {
            EventKind::StepFailed { error, attempt, next_delay_seconds: Some(delay_seconds) }
        }
        Action::Retry { attempt: Ok(state), delay_seconds } => {
            EventKind::StepSucceeded { result: state, attempt, next_delay_seconds: Some(delay_seconds) }
        }
        other => return Err(format!("a step has no {other:?}")),
    })
}
