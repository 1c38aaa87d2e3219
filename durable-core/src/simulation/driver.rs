//! Drives a program on a virtual clock: the loop of an engine, without threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::program::{self, Node};
use crate::context::{Environment, Facts, Gate, Halt, StateMap};
use crate::invocation::{Invocation, Next};
use crate::model::{
    ErrorObject, Event, EventKind, ExecutionId, Kind, Name, Operation, OperationId, SeededEntropy, State, SystemClock,
    Timestamp,
};
use crate::observe::Observers;
use crate::service::{Applied, CallbackKey, Command, Execution, Limits, Outcome, Record, Spec, Token};
use crate::value::Recorded;

/// How an execution ended, and what came of its operations that have ended.
#[derive(Debug, Clone)]
pub(super) struct Outcomes {
    pub(super) outcome: String,
    operations: BTreeMap<OperationId, (Option<Name>, State)>,
}

impl Outcomes {
    /// Whether both ended the same, and every operation that ended in both. One that lost a race may have ended in one
    /// only, and whether a step ran that may run only once is a matter of where it was cut.
    pub(super) fn agree(&self, other: &Self) -> Result<(), String> {
        if self.outcome != other.outcome {
            return Err(format!("{} is not {}", self.outcome, other.outcome));
        }
        for (id, (name, state)) in &self.operations {
            let is_once = name.as_ref().is_some_and(|name| name.as_str() == program::ONCE);
            match other.operations.get(id) {
                Some((_, other)) if !is_once && other != state => {
                    return Err(format!("{name:?}: {state:?} is not {other:?}"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What is on record of operations that have ended.
pub(super) struct Ended(BTreeMap<OperationId, (Option<Name>, State)>);

impl Ended {
    fn of(execution: &Execution) -> Self {
        let ended = execution.operations().iter().filter(|operation| operation.state.is_terminal());
        Self(ended.map(|it| (it.id.clone(), (it.name.clone(), it.state.clone()))).collect())
    }

    /// Whether a run that went on from there still says the same of each.
    pub(super) fn is_kept(&self, outcomes: &Outcomes) -> Result<(), String> {
        self.0.iter().try_for_each(|(id, before)| match outcomes.operations.get(id) {
            Some(after) if after == before => Ok(()),
            after => Err(format!("{before:?} has become {after:?}")),
        })
    }
}

/// How a program is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) seed: u64,
    /// Whether bodies of operations take time, in which the world goes on and starts are written alone. Who wins a race
    /// is a matter of that, so these programs have none.
    pub(super) takes_time: bool,
}

/// The writes of an execution, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    writes: Vec<Vec<Record>>,
}

impl Log {
    pub(super) fn len(&self) -> usize {
        self.writes.len()
    }

    /// Everything that can be on record when the process is killed: the first so many writes, and some more records of a
    /// write, which might have been one of its own. Only the end of a run and that of the execution are never apart; and
    /// where it matters who comes first, only starts are, as ends that were written together came at once.
    pub(super) fn prefixes(&self, setting: Setting) -> impl Iterator<Item = Self> + '_ {
        self.writes.iter().enumerate().flat_map(move |(number, write)| {
            let can_be_last = move |cut: usize| match write.get(..cut).unwrap_or_default() {
                all if all.len() == write.len() => true,
                some if setting.takes_time => !some.last().is_some_and(ends_run),
                some => some.iter().all(is_start),
            };
            (1..=write.len()).filter(move |cut| can_be_last(*cut)).map(move |cut| {
                let before = self.writes.iter().take(number).cloned();
                let part = write.iter().take(cut).cloned().collect();
                Self { writes: before.chain([part]).collect() }
            })
        })
    }

    /// What has ended by then; nothing if there is no execution yet.
    pub(super) fn ended(&self) -> Ended {
        let key = Arc::new(CallbackKey::from_bytes([2; 32]));
        Ended::of(&Execution::restore(spec(), key, self.records()).expect("what was written can be read"))
    }

    /// Whether no step began twice that may begin only once.
    pub(super) fn begins_once(&self) -> bool {
        let mut begun = std::collections::BTreeSet::new();
        let starts = self.events().filter(|event| matches!(event.kind, EventKind::StepStarted));
        let mut once = starts
            .filter_map(|event| event.operation.as_ref())
            .filter(|operation| operation.name.as_ref().is_some_and(|name| name.as_str() == program::ONCE));
        once.all(|operation| begun.insert(operation.id.clone()))
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.writes.iter().flatten().filter_map(|record| match record {
            Record::Event(event) => Some(event),
            _ => None,
        })
    }

    fn records(&self) -> Vec<Record> {
        self.writes.iter().flatten().cloned().collect()
    }
}

fn ends_run(record: &Record) -> bool {
    matches!(record, Record::Event(Event { kind: EventKind::InvocationCompleted { .. }, .. }))
}

fn is_start(record: &Record) -> bool {
    matches!(record, Record::Event(Event { kind: EventKind::StepStarted | EventKind::ContextStarted, .. }))
}

/// The events in their order.
impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.events().try_for_each(|event| write!(f, "{} ", event.kind.event_type()))
    }
}

/// Runs a program from its start.
pub(super) fn start(program: &Node, setting: Setting) -> (Outcomes, Log) {
    resume(program, setting, Log::default())
}

/// Runs a program from its start, and keeps suspended runs in memory instead of replaying them.
pub(super) fn start_resident(program: &Node, setting: Setting) -> (Outcomes, Log) {
    let mut world = World { resident: true, ..World::new(program, setting, Log::default(), usize::MAX) };
    let outcome = world.run();
    (outcome.unwrap_or_else(|Cut| unreachable!("there is no limit")), world.log)
}

/// Runs a program on from what is in the log.
pub(super) fn resume(program: &Node, setting: Setting, log: Log) -> (Outcomes, Log) {
    let mut world = World::new(program, setting, log, usize::MAX);
    let outcome = world.run();
    (outcome.unwrap_or_else(|Cut| unreachable!("there is no limit")), world.log)
}

/// Runs a program on from what is in the log until it has made one more write. Returns how it ended, if it did.
pub(super) fn one_write(program: &Node, setting: Setting, log: &mut Log) -> Option<Outcomes> {
    let limit = log.len() + 1;
    let mut world = World::new(program, setting, std::mem::take(log), limit);
    let outcome = world.run();
    *log = world.log;
    outcome.ok()
}

fn spec() -> Spec {
    Spec {
        id: ExecutionId::from_bytes([1; 16]),
        function: Name::checked("program"),
        name: Name::checked("program"),
        version: None,
        input: None,
        tenant: None,
        timeout_seconds: None,
        parent: None,
    }
}

/// The process was killed.
#[derive(Debug)]
struct Cut;

struct World<'p> {
    program: &'p Node,
    setting: Setting,
    log: Log,
    /// After how many writes the process is killed.
    limit: usize,
    now: Timestamp,
    /// Whether suspended runs stay in memory.
    resident: bool,
    resting: Option<Invocation>,
}

impl<'p> World<'p> {
    fn new(program: &'p Node, setting: Setting, log: Log, limit: usize) -> Self {
        // A process starts when the last one was killed.
        let times = log.records().into_iter().filter_map(|record| record.timestamp());
        let now = times.max().unwrap_or(Timestamp::from_millis(1_000_000));
        Self { program, setting, log, limit, now, resident: false, resting: None }
    }

    fn run(&mut self) -> Result<Outcomes, Cut> {
        let mut execution = self.open()?;
        if execution.was_interrupted() {
            self.apply(&mut execution, Command::Crash { error: ErrorObject::new("Runtime.ExitError", "killed") })?;
        }
        // Far more turns than any program needs.
        for _ in 0..10_000 {
            if let Some(outcome) = execution.outcome() {
                check_history(&self.log.records());
                let Ended(operations) = Ended::of(&execution);
                return Ok(Outcomes { outcome: format!("{outcome:?}"), operations });
            }
            assert!(execution.has_wake_source(), "nothing will ever wake {:?}", self.program);
            self.apply(&mut execution, Command::Tick)?;
            self.deliver(&mut execution)?;
            if execution.should_run() {
                self.invoke(&mut execution)?;
            } else {
                let deliveries = self.deliveries(&execution).into_iter().map(|(at, _)| at);
                let next = deliveries.chain(execution.due()).min();
                self.now = self.now.max(next.expect("something is due"));
            }
        }
        panic!("the execution is woken again and again and does not end: {:?}", self.program)
    }

    fn open(&mut self) -> Result<Execution, Cut> {
        let spec = spec();
        let key = Arc::new(CallbackKey::from_bytes([2; 32]));
        if self.log.writes.is_empty() {
            let (execution, records) = Execution::create(spec, key, self.now);
            self.write(records)?;
            return Ok(execution);
        }
        Ok(Execution::restore(spec, key, self.log.records()).expect("what was written can be read"))
    }

    fn invoke(&mut self, execution: &mut Execution) -> Result<(), Cut> {
        let (mut invocation, mut token) = match self.resting.take() {
            Some(mut invocation) => {
                let resumed = execution.resume(self.now);
                invocation.resume(Facts::default(), resumed.changed);
                (invocation, resumed.token)
            }
            None => self.begin(execution),
        };
        let mut cx = Context::from_waker(Waker::noop());
        let mut idle = 0;
        loop {
            let next = match invocation.poll_next(&mut cx) {
                Poll::Pending => {
                    idle += 1;
                    assert!(idle < 1_000, "the run neither goes on nor rests: {:?}", self.program);
                    if self.setting.takes_time {
                        self.go_on_meanwhile(execution, &mut invocation, &mut token)?;
                    }
                    continue;
                }
                Poll::Ready(next) => next,
            };
            idle = 0;
            let applied = match next {
                Next::Checkpoint(updates) => self.apply(execution, Command::Checkpoint { token, updates })?,
                Next::Suspended(updates) => self.apply(execution, Command::Suspend { token, updates })?,
                Next::Finished(outcome, updates) => {
                    let outcome = match outcome {
                        Recorded::Succeeded(payload) => Outcome::Succeeded(payload),
                        Recorded::Failed(error) => Outcome::Failed(error),
                    };
                    self.apply(execution, Command::Finish { token, updates, outcome })?
                }
                Next::Halted(Halt::Fail(error)) => {
                    let (updates, outcome) = (Vec::new(), Outcome::Failed(error));
                    self.apply(execution, Command::Finish { token, updates, outcome })?
                }
                Next::Halted(halt) => panic!("{halt:?} in {:?}", self.program),
                Next::Crashed(error) => panic!("{error} in {:?}", self.program),
            };
            invocation.acknowledge(applied.changed);
            match applied.token {
                Some(next) => token = next,
                None => {
                    self.resting = self.resident.then_some(invocation);
                    return Ok(());
                }
            }
        }
    }

    /// Lets a second pass in which the code waits for the body of an operation: starts are written that wait for company,
    /// and what the world does is told the run.
    fn go_on_meanwhile(
        &mut self,
        execution: &mut Execution,
        invocation: &mut Invocation,
        token: &mut Token,
    ) -> Result<(), Cut> {
        self.now = self.now.plus_seconds(1);
        if let Some(updates) = invocation.take_lingering() {
            let applied = self.apply(execution, Command::Checkpoint { token: *token, updates })?;
            invocation.acknowledge(applied.changed);
            *token = applied.token.expect("a checkpoint has a token");
        }
        let told = self.apply(execution, Command::Tick)?;
        invocation.merge(told.changed);
        for (at, command) in self.deliveries(execution) {
            if at <= self.now {
                let told = self.apply(execution, command)?;
                invocation.merge(told.changed);
            }
        }
        Ok(())
    }

    fn begin(&self, execution: &mut Execution) -> (Invocation, Token) {
        let invoked = execution.invoke(self.now);
        let entropy = Arc::new(SeededEntropy::new(self.setting.seed));
        let environment = Environment {
            execution: execution.spec().id,
            function: execution.spec().function.clone(),
            name: execution.spec().name.clone(),
            tenant: None,
            execution_started: self.now,
            observers: Observers::default(),
            limits: Limits::none(),
            times_invokes: true,
            serdes: None,
            states: Arc::new(StateMap::default()),
            clock: Arc::new(SystemClock),
            entropy,
            bodies: Gate::new(None, [None]).lane(0),
            watch: Arc::default(),
            rehearsal: None,
        };
        let program = self.program.clone();
        let invocation =
            Invocation::new(environment, invoked.operations, Facts::default(), |ctx| program::root(ctx, program));
        (invocation, invoked.token)
    }

    /// Does what the world does, when its time has come.
    fn deliver(&mut self, execution: &mut Execution) -> Result<(), Cut> {
        for (at, command) in self.deliveries(execution) {
            if at <= self.now {
                self.apply(execution, command)?;
            }
        }
        Ok(())
    }

    /// What the world does and when, as far as it is not on record: a callback has a heartbeat four seconds after it was
    /// opened and is answered after eight, and an invoked execution takes as long as its input says.
    fn deliveries(&self, execution: &Execution) -> Vec<(Timestamp, Command)> {
        let waited_for =
            |operation: &&Operation| operation.state == State::Started && execution.waits_for(&operation.id);
        let deliver = |operation: &Operation| {
            let (id, at) = (operation.id.clone(), |seconds| operation.started.plus_seconds(seconds));
            match operation.kind {
                Kind::Callback => {
                    let beat = Command::Heartbeat { operation: id.clone() };
                    // The same one each time, whatever else happens.
                    let is_refused = id.as_str().bytes().map(u32::from).sum::<u32>().is_multiple_of(3);
                    let outcome = match is_refused {
                        true => Err(ErrorObject::new("Refused", "nobody wants it")),
                        false => Ok(Some("5".to_owned())),
                    };
                    let complete = Command::Complete { operation: id, outcome };
                    let beat = (!self.was_kept_alive(&operation.id)).then(|| (at(4), beat));
                    beat.into_iter().chain([(at(8), complete)]).collect()
                }
                Kind::ChainedInvoke => {
                    let seconds = self.input_of_child(&operation.id);
                    let error = |what: &str| ErrorObject::new("Other", what);
                    let outcome = match seconds % 4 {
                        0 => Outcome::Succeeded(Some(seconds.to_string())),
                        1 => Outcome::Failed(error("failed")),
                        2 => Outcome::TimedOut(error("timed out")),
                        _ => Outcome::Stopped(error("stopped")),
                    };
                    vec![(at(seconds), Command::EndChild { operation: id, outcome })]
                }
                _ => Vec::new(),
            }
        };
        execution.operations().iter().filter(waited_for).flat_map(deliver).collect()
    }

    fn was_kept_alive(&self, callback: &OperationId) -> bool {
        let mut records = self.log.writes.iter().flatten();
        records.any(|record| matches!(record, Record::Heartbeat { operation, .. } if operation == callback))
    }

    fn input_of_child(&self, invoke: &OperationId) -> u32 {
        let input = self.log.writes.iter().flatten().find_map(|record| match record {
            Record::Event(Event {
                operation: Some(operation),
                kind: EventKind::ChainedInvokeStarted { input, .. },
                ..
            }) if operation.id == *invoke => input.as_deref()?.parse().ok(),
            _ => None,
        });
        input.expect("an invoke has its duration as input")
    }

    fn apply(&mut self, execution: &mut Execution, command: Command) -> Result<Applied, Cut> {
        let described = format!("{command:?}");
        let applied = execution.apply(command, self.now).unwrap_or_else(|refused| {
            panic!("{refused}: {described} in {:?}", self.program);
        });
        self.write(applied.records.clone())?;
        Ok(applied)
    }

    fn write(&mut self, records: Vec<Record>) -> Result<(), Cut> {
        if records.is_empty() {
            return Ok(());
        }
        if self.log.len() == self.limit {
            return Err(Cut);
        }
        self.log.writes.push(records);
        Ok(())
    }
}

/// What must be true of every history.
fn check_history(records: &[Record]) {
    let events: Vec<&Event> = records
        .iter()
        .filter_map(|record| match record {
            Record::Event(event) => Some(event),
            _ => None,
        })
        .collect();
    assert!(events.iter().map(|event| event.event_id).eq(1..=events.len() as u32), "gaps between event ids");
    assert!(events.is_sorted_by_key(|event| event.timestamp), "time runs backwards");
    let mut begun = std::collections::BTreeSet::new();
    let mut ended = std::collections::BTreeSet::new();
    for event in &events {
        let Some(operation) = &event.operation else { continue };
        assert!(!ended.contains(&operation.id), "{event} follows the end of its operation");
        if let Some(parent) = &operation.parent {
            assert!(begun.contains(parent), "{event} before its context began");
            assert!(!ended.contains(parent), "{event} in a context that has ended");
        }
        begun.insert(operation.id.clone());
        let terminal = match &event.kind {
            EventKind::StepSucceeded { next_delay_seconds, .. } | EventKind::StepFailed { next_delay_seconds, .. } => {
                next_delay_seconds.is_none()
            }
            kind => {
                let name = kind.event_type();
                ["Succeeded", "Failed", "TimedOut", "Stopped"].iter().any(|end| name.ends_with(end))
            }
        };
        if terminal {
            ended.insert(operation.id.clone());
        }
    }
}
