//! What can be said to an execution from outside, and who is listening.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::error::EngineError;
use super::remote::{CheckpointCall, CheckpointToken, Checkpointed};
use super::residents::Stamp;
use crate::context::Pass;
use crate::model::{ErrorObject, ExecutionId, Operation, OperationId};
use crate::service::Outcome;

/// How whoever sent a message is answered.
pub(super) type Answer<T> = oneshot::Sender<Result<T, EngineError>>;

/// What is said to whoever sent a message once its doing is on record.
#[derive(Debug)]
pub(super) enum Reply {
    /// That it is done.
    Done(Answer<()>),
    /// What the checkpoint gives.
    Checkpointed(Checkpointed, Answer<Checkpointed>),
}

impl Reply {
    pub(super) fn send(self, done: Result<(), EngineError>) {
        // Nobody may be waiting any more.
        match self {
            Self::Done(answer) => drop(answer.send(done)),
            Self::Checkpointed(checkpointed, answer) => drop(answer.send(done.map(|()| checkpointed))),
        }
    }
}

/// What an execution's task is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Look whether there is something to do.
    Wake,
    /// Time has passed.
    Tick,
    /// No run is to go on any more: the engine is about to stop.
    Drain,
    /// Someone completes a callback.
    Complete { operation: OperationId, outcome: Result<Option<String>, ErrorObject>, reply: Answer<()> },
    /// The execution that an operation started has ended.
    EndChild { operation: OperationId, outcome: Outcome, reply: Answer<()> },
    /// Someone keeps a callback alive.
    Heartbeat { operation: OperationId, reply: Answer<()> },
    /// Someone stops the execution.
    Stop { error: ErrorObject, reply: Answer<()> },
    /// Someone pauses the execution.
    Pause { reason: Option<String>, pauses_timeout: bool, reply: Answer<()> },
    /// Someone lets it run again.
    Resume { reason: Option<String>, reply: Answer<()> },
    /// Code elsewhere has done something.
    Checkpoint { call: Box<CheckpointCall>, reply: Answer<Checkpointed> },
    /// Code elsewhere asks what it has to replay.
    State { token: CheckpointToken, reply: Answer<Vec<Operation>> },
    /// There is room for the run that is due.
    Room(Pass),
    /// The run that came to rest with this stamp has to leave memory.
    Evict { stamp: Stamp },
}

impl Message {
    /// Tells the sender, if the message has one, why nothing comes of it.
    pub(super) fn refuse(self, why: EngineError) {
        match self {
            Self::Wake | Self::Tick | Self::Drain | Self::Room(_) | Self::Evict { .. } => {}
            Self::Complete { reply, .. }
            | Self::EndChild { reply, .. }
            | Self::Heartbeat { reply, .. }
            | Self::Stop { reply, .. }
            | Self::Pause { reply, .. }
            | Self::Resume { reply, .. } => drop(reply.send(Err(why))),
            Self::Checkpoint { reply, .. } => drop(reply.send(Err(why))),
            Self::State { reply, .. } => drop(reply.send(Err(why))),
        }
    }
}

/// The receiving end of a mailbox. Messages are boxed, because an empty mailbox has room for many.
pub(super) type Mailbox = UnboundedReceiver<Box<Message>>;

/// The mailboxes of the executions that have a task.
#[derive(Default)]
pub(super) struct Mailboxes {
    open: Mutex<HashMap<ExecutionId, UnboundedSender<Box<Message>>>>,
}

impl Mailboxes {
    /// Puts a message into the execution's mailbox. Returns a new mailbox, with the message in it, if the execution
    /// has no task: the caller must start one.
    pub(super) fn deliver(&self, id: ExecutionId, message: Message) -> Option<Mailbox> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let message = match open.get(&id) {
            Some(mailbox) => mailbox.send(Box::new(message)).err()?.0,
            None => Box::new(message),
        };
        let (sender, receiver) = unbounded_channel();
        // The receiver is at hand, so this can't fail.
        let _ = sender.send(message);
        open.insert(id, sender);
        Some(receiver)
    }

    /// Puts a message into the execution's mailbox, if it has one.
    pub(super) fn tell(&self, id: ExecutionId, message: Message) {
        if let Some(mailbox) = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            // A task that is ending has no use for it.
            let _ = mailbox.send(Box::new(message));
        }
    }

    /// Tells every execution that has a task that the engine is about to stop.
    #[expect(clippy::disallowed_methods, reason = "the order in which they hear it does not matter")]
    pub(super) fn drain(&self) {
        for mailbox in self.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            // A task that is ending has no use for it.
            let _ = mailbox.send(Box::new(Message::Drain));
        }
    }

    /// Whether the execution has a task.
    pub(super) fn is_open(&self, id: ExecutionId) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }

    /// Closes the mailbox of a task that has nothing left to do. Returns the message that came at the last moment, if
    /// one did: then the mailbox stays.
    pub(super) fn close(&self, id: ExecutionId, mailbox: &mut Mailbox) -> Option<Message> {
        // Nobody delivers while this is held.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let last = mailbox.try_recv().ok();
        if last.is_none() {
            open.remove(&id);
        }
        last.map(|message| *message)
    }
}
