//! Drives one execution: the loop between its code, its state, its mailbox and the store.

mod remote;
mod run;
mod running;
mod write;

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

use super::birth::Children;
use super::driven::{self, Driven};
use super::error::EngineError;
use super::mailbox::{Mailbox, Message, Reply};
use super::parking::ParkReason;
use super::residents::{Residents, Stamp};
use super::shared::{Counted, Shared};
use super::status::StatusChange;
use super::stopwatch::Stopwatch;
use super::waiters::Ending;
use super::worker::Assignment;
use crate::context::{Halt, Pass};
use crate::invocation::{Invocation, Next};
use crate::model::{ErrorObject, ExecutionId, Operation, Timestamp};
use crate::service::{Applied, Command, Outcome, Refused, Token};
use crate::store::{Committed, StoreError};
use crate::value::Recorded;
use running::Running;

/// For how long a run may keep its thread before others get their turn.
const TURN: Duration = Duration::from_millis(5);

/// The task of an execution. Ends when there is nothing to do for it.
pub(super) async fn drive(shared: Arc<Shared>, residents: Rc<Residents>, assignment: Assignment) {
    let Assignment { id, mut mailbox, driven, starting, busy: _busy } = assignment;
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
                starting,
                may_listen: false,
                resting: None,
                ended: None,
                writing: None,
                linger: None,
                timed: None,
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
    run: Option<(Running, Token)>,
    /// Counts this execution among those that have a run.
    active: Option<(Counted, Pass)>,
    /// Counts this execution among those that are on their way to where their code waits.
    starting: Option<OwnedSemaphorePermit>,
    /// Whether a message may come between two checkpoints of the run.
    may_listen: bool,
    /// The last run, if it is suspended and stays in memory.
    resting: Option<(Invocation, Stamp)>,
    /// How the run ended, while a write is still on its way.
    ended: Option<Next>,
    /// The write on its way, and what comes after it. Commands wait for it.
    writing: Option<Writing>,
    /// Until starts that wait for an outcome are written without it.
    linger: Option<Pin<Box<Sleep>>>,
    /// When something happens by itself, as the timers have it; `None` if that is not known.
    timed: Option<Option<Timestamp>>,
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
    /// The engine is about to stop.
    Drain,
    Linger,
}

impl Actor {
    /// Tells of an end whose write failed and was there all the same, and notes that an earlier process ended in the
    /// middle of a run, or what is due.
    fn recover(&mut self) {
        let was_unsure = self.shared.unsure.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        if let Some(outcome) = self.driven.execution.outcome() {
            if was_unsure {
                self.shared.status.send(StatusChange::of(&self.driven.execution));
            }
            self.shared.waiters.announce(self.id, &Ending::Ended(outcome.clone()));
        }
        if self.driven.execution.was_interrupted() {
            let error = ErrorObject::new("Runtime.ExitError", "the process ended during this invocation");
            self.command(Command::Crash { error }, None);
            return;
        }
        // The end of a retry delay is in no record: it was known already if the execution left memory while it waited for
        // room, and then nobody tells of it any more. By a clock that was set back since, only the store knows of it.
        let is_due = self.driven.execution.due().is_some_and(|due| due <= self.shared.clock.now());
        if is_due || self.driven.execution.standing() != self.driven.standing {
            self.command(Command::Tick, None);
        }
    }

    async fn drive(&mut self) {
        let mut turn = Stopwatch::start();
        loop {
            if !self.prepare() {
                return;
            }
            if turn.elapsed() > TURN {
                // A run that never waits for anything would keep its thread for ever.
                tokio::task::yield_now().await;
                turn = Stopwatch::start();
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
                            self.may_listen = matches!(then, Then::GoOn { .. });
                            self.written(then);
                        }
                        Some(Err(error)) => return self.abandon(then, &children, &EngineError::Store(error)),
                        Some(Ok(Committed::Fenced | Committed::NameTaken)) => {
                            return self.abandon(then, &children, &EngineError::Refused(Refused::StaleToken));
                        }
                        None => return,
                    }
                }
                Signal::Run(next) => self.run_wants(next),
                Signal::Message(Some(message)) => self.receive(*message),
                // The sender lives as long as the mailbox is open.
                Signal::Message(None) => return,
                Signal::Linger => self.write_lingering(),
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
            if self.is_due() && !self.shared.gates.is_waiting(self.id) {
                self.invoke();
            } else if self.resting.is_some() {
                return true;
            } else {
                match self.shared.mailboxes.close(self.id, &mut self.mailbox) {
                    Some(message) => self.receive(message),
                    None => {
                        if !self.is_due() && !self.shared.probation.holds_back(self.id) {
                            self.shared.probation.end(self.id);
                        }
                        return false;
                    }
                }
            }
        }
    }

    async fn next(&mut self) -> Signal {
        if self.writing.is_none()
            && let Some(next) = self.ended.take()
        {
            return Signal::Run(next);
        }
        if std::mem::take(&mut self.may_listen)
            && self.writing.is_none()
            && let Ok(message) = self.mailbox.try_recv()
        {
            // A run whose steps take no time is never found waiting.
            return Signal::Message(Some(message));
        }
        let Self { shared, residents, id, run, ended, writing, mailbox, linger, starting, .. } = self;
        let quiet = writing.is_none();
        let written = async {
            match writing {
                Some(Writing { write, .. }) => write.await,
                None => std::future::pending().await,
            }
        };
        let ran = poll_fn(|cx| {
            let Some((invocation, _)) = run else { return Poll::Pending };
            if ended.is_none() {
                let noted = invocation.is_here() && shared.probation.is_on();
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
            if quiet {
                // It waits for the outside world.
                *starting = None;
            }
            if !quiet || !invocation.has_lingering() {
                *linger = None;
                return Poll::Pending;
            }
            let linger = linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(shared.linger)));
            linger.as_mut().poll(cx).map(|()| Signal::Linger)
        });
        tokio::select! {
            biased;
            written = written => Signal::Written(written),
            signal = ran => signal,
            message = mailbox.recv(), if quiet => Signal::Message(message),
        }
    }

    /// Does what the run asks for.
    fn run_wants(&mut self, next: Next) {
        if self.writing.is_some() {
            // It waits for what is on its way, a checkpoint of the run or what somebody else does to the execution.
            self.ended = Some(next);
            return;
        }
        self.linger = None;
        let Some((_, token)) = &self.run else { return };
        let token = *token;
        if let Some(error) = self.cut(&next) {
            return self.command(Command::Crash { error }, None);
        }
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
            Next::Crashed(error) => self.command(Command::Crash { error }, None),
            Next::Halted(Halt::Fail(error)) => self.fail(error),
            Next::Halted(halt) => {
                let function = self.driven.execution.spec().function.clone();
                if let Some(reason) = ParkReason::of_halt(function.as_str(), &halt) {
                    self.park(reason);
                }
            }
        }
    }

    /// The error with which a test ends the run here.
    fn cut(&self, next: &Next) -> Option<ErrorObject> {
        let (Next::Checkpoint(updates) | Next::Suspended(updates) | Next::Finished(_, updates)) = next else {
            return None;
        };
        self.shared.rehearsal.as_ref()?.cuts(self.id, updates)
    }

    /// Does what someone outside asks for.
    fn receive(&mut self, message: Message) {
        let (command, reply) = match message {
            Message::Wake | Message::Tick => {
                // Whoever gives a time out forgets it.
                self.timed = None;
                return self.command(Command::Tick, None);
            }
            Message::Drain => return self.interrupt(),
            Message::Complete { operation, outcome, reply } => (Command::Complete { operation, outcome }, reply),
            Message::EndChild { operation, outcome, reply } => (Command::EndChild { operation, outcome }, reply),
            Message::Heartbeat { operation, reply } => (Command::Heartbeat { operation }, reply),
            Message::Stop { error, reply } => (Command::Stop { error }, reply),
            Message::Pause { reason, pauses_timeout, reply } => (Command::Pause { reason, pauses_timeout }, reply),
            Message::Resume { reason, reply } => (Command::Resume { reason }, reply),
            Message::Checkpoint { call, reply } => return self.checkpoint(*call, reply),
            Message::State { token, reply } => {
                // Whoever asked may be gone.
                let _ = reply.send(self.state(&token));
                return;
            }
            Message::Room(pass) => return self.enter(pass),
            Message::Evict { stamp } => {
                if self.resting.as_ref().is_some_and(|(_, since)| *since == stamp) {
                    self.resting = None;
                }
                return;
            }
        };
        self.command(command, Some(Reply::Done(reply)));
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
                Some(reply) => reply.send(Err(EngineError::Refused(refused))),
                None if self.run.as_ref().is_some_and(|(run, _)| !run.is_here()) => {
                    let error = ErrorObject::new("InvalidParameterValueException", refused.to_string());
                    self.command(Command::Crash { error }, None);
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
}
