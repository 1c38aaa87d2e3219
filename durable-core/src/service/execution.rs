//! The state of one execution.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::callback_key::CallbackKey;
use super::command::Token;
use super::fold::{deadline, fold, wakes};
use super::limits::{Limits, Size};
use super::pause::Pause;
use super::record::{Corrupt, Record};
use super::wake::{Waits, WakeSources};
use crate::model::{
    Detail, ErrorObject, Event, EventKind, ExecutionId, ExecutionStatus, Name, Operation, OperationId, Timestamp,
};

/// What an execution is from the start.
///
/// See [`Execution`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Its id.
    pub id: ExecutionId,
    /// The durable function that it runs.
    pub function: Name,
    /// Its name, unique per function.
    pub name: Name,
    /// The version of the code that it runs.
    pub version: Option<String>,
    /// The recorded arguments.
    pub input: Option<String>,
    /// On whose behalf it runs.
    pub tenant: Option<String>,
    /// After how many seconds it ends with a timeout.
    pub timeout_seconds: Option<u32>,
    /// The operation that started it and waits for its end.
    pub parent: Option<Parent>,
}

/// The operation that started an execution.
///
/// See [`Execution`] for an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The execution of the operation.
    pub execution: ExecutionId,
    /// The operation.
    pub operation: OperationId,
}

/// How an execution ended, or the function's part of it.
///
/// See [`Execution`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With a result; nothing stands for JSON `null`.
    Succeeded(Option<String>),
    /// With an error.
    Failed(ErrorObject),
    /// Its time was over.
    TimedOut(ErrorObject),
    /// Someone stopped it.
    Stopped(ErrorObject),
}

impl Outcome {
    /// The end that this event is; `None` for every other event.
    pub(crate) fn of_event(kind: &EventKind) -> Option<Self> {
        match kind {
            EventKind::ExecutionSucceeded { result } => Some(Self::Succeeded(result.clone())),
            EventKind::ExecutionFailed { error } => Some(Self::Failed(error.clone())),
            EventKind::ExecutionStopped { error } => Some(Self::Stopped(error.clone())),
            EventKind::ExecutionTimedOut { error } => Some(Self::TimedOut(error.clone())),
            _ => None,
        }
    }
}

/// One execution.
///
/// ```
/// use std::sync::Arc;
///
/// use durable::model::{ExecutionId, Name, Timestamp};
/// use durable::service::{CallbackKey, Command, Execution, Outcome, Spec};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let spec = Spec {
///     id: ExecutionId::generate(),
///     function: Name::new("place_order")?,
///     name: Name::new("order-42")?,
///     version: None,
///     input: Some("[2]".to_owned()),
///     tenant: None,
///     timeout_seconds: None,
///     parent: None,
/// };
/// let (key, now) = (Arc::new(CallbackKey::from_bytes([7; 32])), Timestamp::from_millis(0));
/// let (mut execution, mut records) = Execution::create(spec.clone(), Arc::clone(&key), now);
///
/// let token = execution.invoke(now).token;
/// let outcome = Outcome::Succeeded(Some("2".to_owned()));
/// records.extend(execution.apply(Command::Finish { token, updates: Vec::new(), outcome: outcome.clone() }, now)?.records);
///
/// // Its state is what the records fold into.
/// let restored = Execution::restore(spec, key, records)?;
/// assert_eq!(restored.outcome(), Some(&outcome));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Execution {
    pub(super) spec: Spec,
    pub(super) key: Arc<CallbackKey>,
    /// In the order in which they began.
    pub(super) operations: Vec<Operation>,
    pub(super) index: HashMap<OperationId, usize>,
    /// The operations inside each context.
    pub(super) children: HashMap<usize, Vec<usize>>,
    /// What will happen by itself, and when.
    pub(super) deadlines: BTreeSet<(Timestamp, usize)>,
    /// The operations that will wake a suspended run.
    pub(super) wake_sources: WakeSources,
    /// Operations that were open when a context around them ended: nobody waits for them any more.
    pub(super) abandoned: BTreeSet<usize>,
    pub(super) outcome: Option<Outcome>,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) last_event: u32,
    pub(super) last_time: Timestamp,
    pub(super) live: Option<Live>,
    /// Grows with every token, so no token comes twice.
    pub(super) tokens: u64,
    /// What changed since a run last saw it.
    pub(super) unseen: BTreeSet<usize>,
    /// Whether a run is due although nothing changed: it has never run, or its last run did not end properly.
    pub(super) wants_run: bool,
    pub(super) limits: Limits,
    pub(super) size: Size,
    /// Runs that ended.
    pub(super) runs: u32,
    /// When the run that has not ended recorded something first; a restored execution knows it by nothing else.
    pub(super) active_since: Option<Timestamp>,
    /// Runs in a row that ended without saying how.
    pub(super) crashes: u32,
    pub(super) pause: Option<Pause>,
    /// How long pauses have moved the execution's timeout.
    pub(super) paused_for: Duration,
}

/// The current run.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) token: Token,
    pub(super) started: Timestamp,
    /// Whether it learns of what changes only by its own checkpoints.
    pub(super) remote: bool,
}

/// A run that begins.
///
/// See [`Execution`] for an example.
#[derive(Debug)]
pub struct Invoked {
    /// For its first checkpoint.
    pub token: Token,
    /// What it is answered from, in the order in which the operations began.
    pub operations: Vec<Operation>,
    /// The operations that changed since the last run.
    pub updated: Vec<OperationId>,
}

/// A run that goes on after a suspension, with what it had in memory.
///
/// See [`Execution`] for an example.
#[derive(Debug)]
pub struct Resumed {
    /// For its next checkpoint.
    pub token: Token,
    /// What changed since it was suspended.
    pub changed: Vec<Operation>,
}

/// What the store keeps of an execution beside its log.
///
/// See [`Execution`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// When the next thing happens by itself.
    pub due: Option<Timestamp>,
    /// Whether it runs or should run now.
    pub runnable: bool,
    /// Whether it has ended and the operation that started it is still to be told.
    pub unreported: bool,
    /// What it waits for.
    pub waits: Waits,
}

impl Execution {
    /// A new execution, and what to store of it.
    pub fn create(spec: Spec, key: Arc<CallbackKey>, now: Timestamp) -> (Self, Vec<Record>) {
        let (input, timeout_seconds) = (spec.input.clone(), spec.timeout_seconds);
        let mut execution = Self::empty(spec, key, now);
        let kind = EventKind::ExecutionStarted { input, timeout_seconds };
        let event = Event { event_id: 1, timestamp: now, operation: None, kind };
        execution.last_event = 1;
        execution.size.add(&event.kind);
        (execution, vec![Record::Event(event)])
    }

    /// The execution that wrote these records.
    pub fn restore(
        spec: Spec,
        key: Arc<CallbackKey>,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, Corrupt> {
        let mut execution = Self::empty(spec, key, Timestamp::from_millis(0));
        for (index, record) in records.into_iter().enumerate() {
            fold(&mut execution, &record).map_err(|problem| Corrupt { position: index + 1, problem })?;
        }
        if execution.last_event == 0 {
            return Err(Corrupt { position: 0, problem: "is missing: an execution begins with one".to_owned() });
        }
        Ok(execution)
    }

    fn empty(spec: Spec, key: Arc<CallbackKey>, now: Timestamp) -> Self {
        Self {
            spec,
            key,
            operations: Vec::new(),
            index: HashMap::new(),
            children: HashMap::new(),
            deadlines: BTreeSet::new(),
            wake_sources: WakeSources::default(),
            abandoned: BTreeSet::new(),
            outcome: None,
            started: now,
            ended: None,
            last_event: 0,
            last_time: now,
            live: None,
            tokens: 0,
            unseen: BTreeSet::new(),
            wants_run: true,
            limits: Limits::none(),
            size: Size::default(),
            runs: 0,
            active_since: None,
            crashes: 0,
            pause: None,
            paused_for: Duration::ZERO,
        }
    }

    /// The same execution, which may grow so large from now on.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What it is.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// How it ended, if it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// An operation by its id.
    pub fn operation(&self, id: &OperationId) -> Option<&Operation> {
        self.index.get(id).and_then(|position| self.operations.get(*position))
    }

    /// All operations, in the order in which they began.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Whether the operation is open and somebody waits for it.
    pub fn waits_for(&self, id: &OperationId) -> bool {
        self.index.get(id).is_some_and(|position| self.wake_sources.contains(*position))
    }

    /// Whether a run should begin: none is live, and the last one has not seen everything.
    pub fn should_run(&self) -> bool {
        self.outcome.is_none()
            && self.live.is_none()
            && self.pause.is_none()
            && (self.wants_run || self.active_since.is_some() || !self.unseen.is_empty())
    }

    /// Whether a run was interrupted that has recorded something.
    pub fn was_interrupted(&self) -> bool {
        let pausing = self.pause.as_ref().is_some_and(|pause| pause.since.is_none());
        self.live.is_none() && self.outcome.is_none() && (self.has_recorded() || pausing)
    }

    /// How many runs in a row ended without saying how.
    pub fn crashes(&self) -> u32 {
        self.crashes
    }

    /// Whether the run that has not ended has recorded something.
    pub fn has_recorded(&self) -> bool {
        self.active_since.is_some()
    }

    /// When the next thing happens by itself.
    pub fn due(&self) -> Option<Timestamp> {
        if self.outcome.is_some() {
            return None;
        }
        let first = self.deadlines.first().map(|(due, _)| *due);
        [first, self.expires()].into_iter().flatten().min()
    }

    /// When the execution itself times out.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        let stands_still = self.pause.as_ref().is_some_and(|pause| pause.pauses_timeout && pause.since.is_some());
        let seconds = self.spec.timeout_seconds.filter(|_| !stands_still)?;
        Some(self.started.plus_seconds(seconds).plus(self.paused_for))
    }

    /// What the store keeps of it beside its log.
    pub fn standing(&self) -> Standing {
        let status = match &self.outcome {
            None => match &self.pause {
                None => ExecutionStatus::Running,
                Some(_) if self.live.is_some() => ExecutionStatus::Pausing,
                Some(_) => ExecutionStatus::Paused,
            },
            Some(Outcome::Succeeded(_)) => ExecutionStatus::Succeeded,
            Some(Outcome::Failed(_)) => ExecutionStatus::Failed,
            Some(Outcome::TimedOut(_)) => ExecutionStatus::TimedOut,
            Some(Outcome::Stopped(_)) => ExecutionStatus::Stopped,
        };
        Standing {
            status,
            started: self.started,
            ended: self.ended,
            due: self.due(),
            runnable: self.outcome.is_none() && (self.live.is_some() || self.should_run()),
            unreported: self.outcome.is_some() && self.spec.parent.is_some(),
            waits: if self.outcome.is_none() { self.wake_sources.kinds() } else { Waits::default() },
        }
    }

    /// Whether something will happen that runs the code again: the liveness of a suspended execution.
    pub fn has_wake_source(&self) -> bool {
        self.live.is_some() || self.should_run() || self.pause.is_some() || !self.wake_sources.is_empty()
    }

    /// Begins a run. An earlier one loses its token.
    pub fn invoke(&mut self, now: Timestamp) -> Invoked {
        let token = self.go_live(now, false);
        let updated = self.take_unseen().into_iter().map(|operation| operation.id).collect();
        Invoked { token, operations: self.operations.clone(), updated }
    }

    /// Begins a run that learns of what changes only by its own checkpoints, because its code is elsewhere.
    pub fn invoke_remote(&mut self, now: Timestamp) -> Invoked {
        let token = self.go_live(now, true);
        let updated = self.take_unseen().into_iter().map(|operation| operation.id).collect();
        Invoked { token, operations: self.needed_operations(), updated }
    }

    /// The operations that a replay needs, in the order in which they began: all but those inside contexts whose
    /// result is recorded.
    pub fn needed_operations(&self) -> Vec<Operation> {
        let mut hidden = BTreeSet::new();
        let mut needed = Vec::new();
        for (position, operation) in self.operations.iter().enumerate() {
            let inside = operation.parent.as_ref().and_then(|parent| self.index.get(parent));
            let is_hidden = inside.is_some_and(|parent| hidden.contains(parent));
            if !is_hidden {
                needed.push(operation.clone());
            }
            let replays = matches!(operation.detail, Detail::Context { replay_children: true });
            if is_hidden || operation.kind.is_context() && operation.state.is_terminal() && !replays {
                hidden.insert(position);
            }
        }
        needed
    }

    /// Begins a run whose code is still where the last one was suspended.
    pub fn resume(&mut self, now: Timestamp) -> Resumed {
        let token = self.go_live(now, false);
        Resumed { token, changed: self.take_unseen() }
    }

    /// Gives up the current run, if there is one, without a record of its end: the next one is due.
    pub fn forsake(&mut self) {
        if self.live.take().is_some() {
            self.wants_run = true;
        }
    }

    /// How history calls the run that begins next, or has begun.
    pub fn request_id(&self) -> String {
        format!("{}.{}", self.spec.id, self.runs + 1)
    }

    /// Whether no run has ended yet.
    pub fn is_first_run(&self) -> bool {
        self.runs == 0
    }

    fn go_live(&mut self, now: Timestamp, remote: bool) -> Token {
        let token = self.next_token();
        self.live = Some(Live { token, started: now.max(self.last_time), remote });
        self.wants_run = false;
        token
    }

    pub(super) fn next_token(&mut self) -> Token {
        self.tokens += 1;
        Token(self.tokens)
    }

    /// Takes in an operation that began or changed; returns its position.
    pub(super) fn put(&mut self, operation: Operation) -> usize {
        let position = match self.index.get(&operation.id) {
            Some(position) => *position,
            None => {
                let position = self.operations.len();
                self.index.insert(operation.id.clone(), position);
                if let Some(parent) = operation.parent.as_ref().and_then(|parent| self.index.get(parent)) {
                    self.children.entry(*parent).or_default().push(position);
                }
                position
            }
        };
        let kind = operation.kind;
        let (due, wakes) = match self.abandoned.contains(&position) {
            true => (None, false),
            false => (deadline(&operation), wakes(&operation)),
        };
        match self.operations.get_mut(position) {
            Some(known) => {
                if let Some(old) = deadline(known) {
                    self.deadlines.remove(&(old, position));
                }
                *known = operation;
            }
            None => self.operations.push(operation),
        }
        if let Some(due) = due {
            self.deadlines.insert((due, position));
        }
        if wakes {
            self.wake_sources.insert(position, kind);
        } else {
            self.wake_sources.remove(position, kind);
        }
        position
    }

    /// Gives up what is still open inside a context that has ended: it has no deadlines and wakes nobody.
    pub(super) fn abandon_inside(&mut self, context: usize) {
        let mut contexts = vec![context];
        while let Some(context) = contexts.pop() {
            for child in self.children.get(&context).cloned().unwrap_or_default() {
                let Some(operation) = self.operations.get(child) else { continue };
                if operation.kind.is_context() {
                    contexts.push(child);
                }
                if !operation.state.is_terminal() && self.abandoned.insert(child) {
                    if let Some(due) = deadline(operation) {
                        self.deadlines.remove(&(due, child));
                    }
                    self.wake_sources.remove(child, operation.kind);
                }
            }
        }
    }

    /// The operations that changed since a run last saw them.
    pub(super) fn take_unseen(&mut self) -> Vec<Operation> {
        std::mem::take(&mut self.unseen)
            .into_iter()
            .filter_map(|position| self.operations.get(position).cloned())
            .collect()
    }
}
