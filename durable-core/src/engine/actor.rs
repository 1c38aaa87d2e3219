//! Drives one execution: the loop between its code, its state, its mailbox and the store.

use std::future::{poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::birth::Children;
use super::driven::{self, Driven, wake_later};
use super::error::EngineError;
use super::mailbox::{Mailbox, Message, Reply};
use super::parking::ParkReason;
use super::recovery;
use super::residents::{Residents, Stamp};
use super::shared::{Active, Shared};
use super::status::StatusChange;
use super::waiters::Ending;
use super::worker::Assignment;
use crate::context::{Environment, Facts, Halt, Pass};
use crate::invocation::{Invocation, Next};
use crate::model::{ErrorObject, EventKind, ExecutionId, Operation};
use crate::observe::InvocationStatus;
use crate::service::{Applied, Command, Outcome, Record, Refused, Resumed, Token};
use crate::store::{Commit, Committed, Row, StoreError, Trouble};
use crate::value::Recorded;

/// How long the start of a step waits for the outcome to travel with. A step that takes longer is worth a write of its
/// own, so that history shows it running.
const LINGER: Duration = Duration::from_millis(100);

/// The task of an execution. Ends when there is nothing to do for it.
pub(super) async fn drive(shared: Arc<Shared>, residents: Rc<Residents>, assignment: Assignment) {
    let Assignment { id, mut mailbox, driven } = assignment;
    let driven = match driven {
        Some(driven) => Ok(driven),
        None => driven::load(&shared, id),
    };
    match driven {
        Ok(driven) => {
            let mut actor = Actor {
                shared,
                residents,
                id,
                mailbox,
                driven,
                run: None,
                active: None,
                entering: None,
                resting: None,
                ended: None,
                writing: None,
                linger: None,
            };
            actor.recover();
            actor.drive().await;
        }
        Err(trouble) => {
            tracing::error!(execution = %id, error = %trouble, "an execution could not be read");
            driven::refuse_all(&shared, id, &mut mailbox, &trouble);
        }
    }
}

struct Actor {
    shared: Arc<Shared>,
    residents: Rc<Residents>,
    id: ExecutionId,
    mailbox: Mailbox,
    driven: Driven,
    /// The current run of the code.
    run: Option<(Invocation, Token)>,
    /// Counts this execution among those that have a run.
    active: Option<(Active, Pass)>,
    /// The way to a run that is due, while others have to end first.
    entering: Option<Pin<Box<dyn Future<Output = Pass>>>>,
    /// The last run, if it is suspended and stays in memory.
    resting: Option<(Invocation, Stamp)>,
    /// How the run ended, while a write is still on its way.
    ended: Option<Next>,
    /// The write on its way, and what comes after it. Commands wait for it.
    writing: Option<Writing>,
    /// Until starts that wait for an outcome are written without it.
    linger: Option<Pin<Box<Sleep>>>,
}

/// What the writer answers; nothing if the engine is shutting down.
type Written = Option<Result<Committed, StoreError>>;

struct Writing {
    write: Pin<Box<dyn Future<Output = Written>>>,
    children: Children,
    /// Whether the write clears the execution of what was held against it.
    cleared: bool,
    then: Then,
}

/// What comes after a write.
enum Then {
    /// The run goes on with what changed.
    GoOn { changed: Vec<Operation>, token: Token },
    /// The run is told what changed, and whoever asked for it is answered.
    Tell { changed: Vec<Operation>, reply: Option<Reply> },
    /// The run is suspended, and stays in memory if there is room.
    Rest { changed: Vec<Operation> },
    /// The run is over.
    EndRun { reply: Option<Reply> },
}

/// What the task woke up for.
enum Signal {
    Written(Written),
    Run(Next),
    Message(Option<Box<Message>>),
    /// There is room for a run.
    Room(Pass),
    /// The engine is about to stop.
    Drain,
    Linger,
}

impl Actor {
    /// Notes that an earlier process ended in the middle of a run.
    fn recover(&mut self) {
        if self.driven.execution.was_interrupted() {
            let error = ErrorObject::new("Runtime.ExitError", "the process ended during this invocation");
            self.command(Command::Crash { error }, None);
        }
    }

    async fn drive(&mut self) {
        loop {
            if !self.prepare() {
                return;
            }
            match self.next().await {
                Signal::Written(written) => {
                    let Some(Writing { children, cleared, then, .. }) = self.writing.take() else { continue };
                    match written {
                        Some(Ok(Committed::Done)) => {
                            if cleared {
                                self.shared.probation.end(self.id);
                                self.shared.parking.unpark(self.id);
                            }
                            self.begin(children);
                            self.written(then);
                        }
                        Some(Err(error)) => return self.abandon(then, &EngineError::Store(error)),
                        Some(Ok(Committed::Fenced | Committed::NameTaken)) => {
                            return self.abandon(then, &EngineError::Refused(Refused::StaleToken));
                        }
                        None => return,
                    }
                }
                Signal::Run(next) => self.run_wants(next),
                Signal::Message(Some(message)) => self.receive(*message),
                // The sender lives as long as the mailbox is open.
                Signal::Message(None) => return,
                Signal::Linger => self.write_lingering(),
                Signal::Room(pass) => {
                    self.entering = None;
                    self.enter(pass);
                }
                Signal::Drain => self.interrupt(),
            }
        }
    }

    /// Starts a run if one is due. Returns whether there is anything to wait for.
    fn prepare(&mut self) -> bool {
        loop {
            if self.writing.is_some() || self.run.is_some() || self.ended.is_some() {
                return true;
            }
            self.report();
            if self.is_due() {
                if self.entering.is_some() {
                    return true;
                }
                self.invoke();
            } else if self.resting.is_some() {
                return true;
            } else {
                match self.shared.mailboxes.close(self.id, &mut self.mailbox) {
                    Some(message) => self.receive(message),
                    None => {
                        self.shared.probation.end(self.id);
                        return false;
                    }
                }
            }
        }
    }

    /// Whether a run is to begin.
    fn is_due(&self) -> bool {
        self.driven.execution.should_run()
            && self.shared.parking.reason(self.id).is_none()
            && !self.shared.is_draining()
    }

    /// Begins a run as soon as there is room for it.
    fn invoke(&mut self) {
        let function = &self.driven.execution.spec().function;
        let Some((lane, _)) = self.shared.gates.lanes(function.as_str()) else { return self.park_without_code() };
        match lane.try_enter() {
            Some(pass) => self.begin_run(pass),
            None => self.entering = Some(Box::pin(lane.enter().inside())),
        }
    }

    /// Begins a run in the room that there is now, if it is still due.
    fn enter(&mut self, pass: Pass) {
        if self.writing.is_none() && self.run.is_none() && self.is_due() {
            self.begin_run(pass);
        }
    }

    fn begin_run(&mut self, pass: Pass) {
        let (request_id, is_first) = (self.driven.execution.request_id(), self.driven.execution.is_first_run());
        if let Some(mut invocation) = self.stand_up() {
            let Resumed { token, changed } = self.driven.execution.resume(self.shared.clock.now());
            let updated = changed.iter().map(|operation| operation.id.clone()).collect();
            invocation.resume(Facts { request_id, is_first, updated }, changed);
            self.run = Some((invocation, token));
            self.active = Some((Active::begin(&self.shared), pass));
            self.shared.metrics.resumed.add(1);
            return;
        }
        let spec = self.driven.execution.spec().clone();
        let (registry, version) = (&self.shared.registry, spec.version.as_deref());
        let code = registry.resume(&spec.function, version).cloned();
        let lanes = self.shared.gates.lanes(spec.function.as_str());
        let (Some(registered), Some((_, bodies))) = (code, lanes) else { return self.park_without_code() };
        let invoked = self.driven.execution.invoke(self.shared.clock.now());
        self.shared.metrics.runs.add(1);
        if !invoked.operations.is_empty() {
            self.shared.metrics.replays.add(1);
        }
        let environment = Environment {
            execution: self.id,
            function: spec.function.clone(),
            name: spec.name.clone(),
            tenant: spec.tenant.clone(),
            execution_started: self.driven.standing.started,
            observers: self.shared.observers.clone(),
            limits: self.shared.limits,
            serdes: self.shared.serdes.clone(),
            states: Arc::clone(&self.shared.states),
            clock: Arc::clone(&self.shared.clock),
            entropy: Arc::clone(&self.shared.entropy),
            bodies,
            watch: Arc::clone(&self.residents.watch),
        };
        let facts = Facts { request_id, is_first, updated: invoked.updated.into_iter().collect() };
        let function = |ctx| registered.run(ctx, spec.input.as_deref());
        self.run = Some((Invocation::new(environment, invoked.operations, facts, function), invoked.token));
        self.active = Some((Active::begin(&self.shared), pass));
    }

    fn park_without_code(&mut self) {
        let spec = self.driven.execution.spec();
        let gap = self.shared.registry.gap(&spec.function, spec.version.as_deref());
        self.park(ParkReason::new(gap));
    }

    async fn next(&mut self) -> Signal {
        if self.writing.is_none()
            && let Some(next) = self.ended.take()
        {
            return Signal::Run(next);
        }
        let Self { shared, residents, id, run, ended, writing, mailbox, linger, entering, .. } = self;
        let quiet = writing.is_none();
        let mut draining = shared.draining.subscribe();
        let written = async {
            match writing {
                Some(Writing { write, .. }) => write.await,
                None => std::future::pending().await,
            }
        };
        let ran = poll_fn(|cx| {
            let Some((invocation, _)) = run else { return Poll::Pending };
            if ended.is_none() {
                let noted = shared.probation.is_on();
                if noted {
                    shared.note_polled(residents.worker, Some(*id));
                }
                let polled = invocation.poll_next(cx);
                if noted {
                    shared.note_polled(residents.worker, None);
                }
                if let Poll::Ready(next) = polled {
                    return Poll::Ready(Signal::Run(next));
                }
            }
            if quiet && shared.is_draining() && invocation.is_at_rest() {
                return Poll::Ready(Signal::Drain);
            }
            if !quiet || !invocation.has_lingering() {
                *linger = None;
                return Poll::Pending;
            }
            let linger = linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
            linger.as_mut().poll(cx).map(|()| Signal::Linger)
        });
        let room = async {
            match entering {
                Some(entering) => entering.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            written = written => Signal::Written(written),
            signal = ran => signal,
            message = mailbox.recv(), if quiet => Signal::Message(message),
            pass = room, if quiet => Signal::Room(pass),
            // Woken by this, the run is looked at again.
            _ = draining.changed() => Signal::Drain,
        }
    }

    /// Does what the run asks for.
    fn run_wants(&mut self, next: Next) {
        if self.writing.is_some() {
            // Only the end of a run comes while its checkpoint is on its way; it waits for that.
            self.ended = Some(next);
            return;
        }
        self.linger = None;
        let Some((_, token)) = &self.run else { return };
        let token = *token;
        match next {
            Next::Checkpoint(updates) => self.command(Command::Checkpoint { token, updates }, None),
            Next::Suspended(updates) => self.command(Command::Suspend { token, updates }, None),
            Next::Finished(outcome, updates) => {
                let outcome = match outcome {
                    Recorded::Succeeded(payload) => Outcome::Succeeded(payload),
                    Recorded::Failed(error) => Outcome::Failed(error),
                };
                self.command(Command::Finish { token, updates, outcome }, None);
            }
            Next::Halted(Halt::Fail(error)) => self.fail(error),
            Next::Halted(halt) => {
                let function = self.driven.execution.spec().function.clone();
                if let Some(reason) = ParkReason::of_halt(function.as_str(), &halt) {
                    self.park(reason);
                }
            }
        }
    }

    /// Does what someone outside asks for.
    fn receive(&mut self, message: Message) {
        match message {
            Message::Wake | Message::Tick => self.command(Command::Tick, None),
            Message::Complete { operation, outcome, reply } => {
                self.command(Command::Complete { operation, outcome }, Some(reply));
            }
            Message::EndChild { operation, outcome, reply } => {
                self.command(Command::EndChild { operation, outcome }, Some(reply));
            }
            Message::Heartbeat { operation, reply } => self.command(Command::Heartbeat { operation }, Some(reply)),
            Message::Stop { error, reply } => self.command(Command::Stop { error }, Some(reply)),
            Message::Evict { stamp } => {
                if self.resting.as_ref().is_some_and(|(_, since)| *since == stamp) {
                    self.resting = None;
                }
            }
        }
    }

    fn command(&mut self, command: Command, reply: Option<Reply>) {
        let suspends = matches!(command, Command::Suspend { .. });
        let ends = matches!(command, Command::Finish { .. } | Command::Crash { .. });
        match self.driven.execution.apply(command, self.shared.clock.now()) {
            Ok(Applied { records, changed, token }) => {
                let then = match token {
                    Some(token) => Then::GoOn { changed, token },
                    None if suspends => Then::Rest { changed },
                    None if ends || self.driven.execution.outcome().is_some() => Then::EndRun { reply },
                    None => Then::Tell { changed, reply },
                };
                self.write(records, then);
            }
            Err(Refused::Ended) if reply.is_none() => {}
            Err(Refused::TooLarge(error)) if reply.is_none() => self.fail(error),
            Err(refused) => match reply {
                Some(reply) => {
                    let _ = reply.send(Err(EngineError::Refused(refused)));
                }
                None => self.park(ParkReason::new(format!("a checkpoint was refused: {refused}"))),
            },
        }
    }

    /// Ends the execution with an error that no code of it can catch.
    fn fail(&mut self, error: ErrorObject) {
        let Some((_, token)) = &self.run else { return };
        let (token, updates, outcome) = (*token, Vec::new(), Outcome::Failed(error));
        self.command(Command::Finish { token, updates, outcome }, None);
    }

    fn write_lingering(&mut self) {
        self.linger = None;
        let Some((invocation, token)) = &mut self.run else { return };
        if let Some(updates) = invocation.take_lingering() {
            let token = *token;
            self.command(Command::Checkpoint { token, updates }, None);
        }
    }

    fn write(&mut self, mut records: Vec<Record>, then: Then) {
        if records.is_empty() {
            return self.written(then);
        }
        let (children, mut commits) = Children::of(&self.shared, self.id, &mut records);
        let standing = self.driven.execution.standing();
        let cleared = self.is_cleared_by(&records);
        let commit = Commit {
            callbacks: self.opened_callbacks(&records),
            row: Some(Row { position: self.driven.next_position, records }),
            standing: (standing != self.driven.standing).then_some(standing),
            trouble: cleared.then(Trouble::default),
            ..Commit::new(self.id)
        };
        self.driven.next_position += 1;
        self.driven.standing = standing;
        commits.insert(0, commit);
        let shared = Arc::clone(&self.shared);
        let write: Pin<Box<dyn Future<Output = Written>>> = if shared.active.is_one() && shared.writer.is_idle() {
            // Nobody else has anything to write, so there is nothing to write together with.
            Box::pin(ready(shared.writer.commit_alone(&commits)))
        } else {
            Box::pin(async move { shared.writer.commit(commits).await })
        };
        self.writing = Some(Writing { write, children, cleared, then });
    }

    /// Whether these records clear the execution of what was held against it.
    fn is_cleared_by(&self, records: &[Record]) -> bool {
        let ended = self.driven.execution.outcome().is_some();
        (self.shared.probation.holds(self.id) && (ended || self.run.is_some() && recovery::is_progress(records)))
            || (ended && self.shared.parking.reason(self.id).is_some())
    }

    /// Starts driving the executions that this one has started.
    fn begin(&self, children: Children) {
        for birth in children.births {
            birth.begin(&self.shared);
        }
        for (operation, error) in children.refused {
            // Nobody waits for the answer.
            let (reply, _) = oneshot::channel();
            let message = Message::EndChild { operation, outcome: Outcome::Failed(error), reply };
            self.shared.deliver(self.id, message);
        }
    }

    /// Tells the operation that started this execution how it ended.
    fn report(&mut self) {
        let Driven { execution, standing, .. } = &mut self.driven;
        let (Some(outcome), Some(parent)) = (execution.outcome().cloned(), execution.spec().parent.clone()) else {
            return;
        };
        if std::mem::take(&mut standing.unreported) {
            tokio::task::spawn_local(driven::report(Arc::clone(&self.shared), self.id, parent, outcome, *standing));
        }
    }

    fn opened_callbacks(&self, records: &[Record]) -> Vec<([u8; 32], crate::model::OperationId)> {
        let opened = records.iter().filter_map(|record| match record {
            Record::Event(event) if matches!(event.kind, EventKind::CallbackStarted { .. }) => event.operation.as_ref(),
            _ => None,
        });
        opened.map(|operation| (self.shared.key.derive(self.id, &operation.id).hash(), operation.id.clone())).collect()
    }

    /// Goes on after a write.
    fn written(&mut self, then: Then) {
        self.shared.timers.set(self.id, self.driven.execution.due());
        match then {
            Then::GoOn { changed, token } => {
                if let Some((invocation, current)) = &mut self.run {
                    invocation.acknowledge(changed);
                    *current = token;
                }
            }
            Then::Tell { changed, reply } => {
                if let Some((invocation, _)) = &self.run {
                    invocation.merge(changed);
                }
                answer(reply);
            }
            Then::Rest { changed } => {
                self.active = None;
                if let Some((mut invocation, _)) = self.run.take() {
                    invocation.acknowledge(changed);
                    invocation.ended(InvocationStatus::Pending, None);
                    self.resting = self.residents.enter(self.id).map(|stamp| (invocation, stamp));
                }
            }
            Then::EndRun { reply } => {
                self.tell_end();
                self.drop_run();
                answer(reply);
                if let Some(outcome) = self.driven.execution.outcome() {
                    // Nobody may be listening.
                    let _ = self.shared.status.send(StatusChange::of(&self.driven.execution));
                    self.shared.waiters.announce(self.id, &Ending::Ended(outcome.clone()));
                }
            }
        }
    }

    /// Tells observers how the run has ended that is over.
    fn tell_end(&self) {
        let Some((invocation, _)) = &self.run else { return };
        let (status, error) = match self.driven.execution.outcome() {
            Some(Outcome::Succeeded(_)) => (InvocationStatus::Succeeded, None),
            Some(Outcome::Failed(error)) => (InvocationStatus::Failed, Some(error.clone())),
            Some(Outcome::TimedOut(error) | Outcome::Stopped(error)) => {
                (InvocationStatus::Stopped, Some(error.clone()))
            }
            None => (InvocationStatus::Retry, None),
        };
        invocation.ended(status, error);
    }

    /// Has it on record, for those who look at the store, that the execution is parked.
    fn note_parked(&self, reason: &str) {
        let trouble = Trouble { crashes: 0, parked: Some(reason.to_owned()) };
        let (note, shared) = (Commit { trouble: Some(trouble), ..Commit::new(self.id) }, Arc::clone(&self.shared));
        // If this fails, the next engine finds out anew.
        tokio::task::spawn_local(async move { shared.writer.commit(vec![note]).await });
    }

    /// Ends the run between two steps, because the engine is about to stop; or does nothing yet.
    fn interrupt(&mut self) {
        let at_rest = self.run.as_ref().is_some_and(|(invocation, _)| invocation.is_at_rest());
        if !self.shared.is_draining() || self.writing.is_some() || self.ended.is_some() || !at_rest {
            return;
        }
        if self.driven.execution.has_recorded() {
            let error = ErrorObject::new("Runtime.Shutdown", "the engine was shut down during this invocation");
            self.command(Command::Crash { error }, None);
        } else {
            self.drop_run();
        }
    }

    /// The suspended run, which rests no longer.
    fn stand_up(&mut self) -> Option<Invocation> {
        let (invocation, stamp) = self.resting.take()?;
        self.residents.leave(stamp);
        Some(invocation)
    }

    fn drop_run(&mut self) {
        self.run = None;
        self.active = None;
        self.ended = None;
        self.stand_up();
    }

    /// Gives up what is in memory: nobody knows whether the last write happened, only the store does.
    fn abandon(&mut self, then: Then, error: &EngineError) {
        let told = || match error {
            EngineError::Store(error) => EngineError::Store(error.clone()),
            _ => EngineError::Refused(Refused::StaleToken),
        };
        if let Then::Tell { reply: Some(reply), .. } | Then::EndRun { reply: Some(reply) } = then {
            let _ = reply.send(Err(told()));
        }
        self.drop_run();
        while let Some(message) = self.shared.mailboxes.close(self.id, &mut self.mailbox) {
            message.answer(Err(told()));
        }
        wake_later(&self.shared, self.id);
    }

    fn park(&mut self, reason: ParkReason) {
        tracing::error!(execution = %self.id, %reason, "an execution is parked");
        if let Some((invocation, _)) = &self.run {
            let error = ErrorObject::new("Parked", reason.as_str());
            invocation.ended(InvocationStatus::Retry, Some(error));
        }
        self.drop_run();
        self.shared.probation.end(self.id);
        self.note_parked(reason.as_str());
        self.shared.parking.park(self.id, reason.clone());
        self.shared.waiters.announce(self.id, &Ending::Parked(reason));
    }
}

fn answer(reply: Option<Reply>) {
    if let Some(reply) = reply {
        let _ = reply.send(Ok(()));
    }
}
