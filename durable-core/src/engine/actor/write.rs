//! What an execution writes, and what comes after that.

use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};

use super::running::Running;
use super::{Actor, Then, Writing, Written};
use crate::engine::birth::Children;
use crate::engine::driven::{self, Driven, wake_later};
use crate::engine::error::EngineError;
use crate::engine::mailbox::Reply;
use crate::engine::parking::ParkReason;
use crate::engine::recovery;
use crate::engine::status::StatusChange;
use crate::engine::waiters::Ending;
use crate::invocation::Next;
use crate::model::EventKind;
use crate::observe::InvocationStatus;
use crate::service::{Command, Outcome, Record, Refused};
use crate::store::{Commit, Row, StoreError, Trouble};

impl Actor {
    pub(super) fn write_lingering(&mut self) {
        self.linger = None;
        let Some((invocation, token)) = &mut self.run else { return };
        if let Some(updates) = invocation.take_lingering() {
            let token = *token;
            self.command(Command::Checkpoint { token, updates }, None);
        }
    }

    pub(super) fn write(&mut self, mut records: Vec<Record>, then: Then) {
        let (children, mut commits) = Children::of(&self.shared, self.id, &mut records);
        let then = self.refuse(&children, &mut records, then);
        let standing = self.driven.execution.standing();
        // The end of a retry delay is in no record: only the standing says that a run is due, and after the end of this
        // process that it was. By a clock that was set back the delay has not ended, which only the standing says too.
        let stands_anew = standing != self.driven.standing;
        if records.is_empty() && !(stands_anew && (standing.runnable || self.driven.standing.runnable)) {
            return self.written(then);
        }
        let cleared = self.is_cleared_by(&records);
        let position = self.driven.next_position;
        self.driven.next_position += u32::from(!records.is_empty());
        let commit = Commit {
            callbacks: self.opened_callbacks(&records),
            row: (!records.is_empty()).then_some(Row { position, records }),
            standing: stands_anew.then_some(standing),
            trouble: cleared.then(Trouble::default),
            ..Commit::new(self.id)
        };
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
    pub(super) fn is_cleared_by(&self, records: &[Record]) -> bool {
        let ended = self.driven.execution.outcome().is_some();
        (self.shared.probation.holds(self.id) && (ended || self.run.is_some() && recovery::is_progress(records)))
            || (ended && self.shared.parking.reason(self.id).is_some())
    }

    pub(super) fn opened_callbacks(&self, records: &[Record]) -> Vec<([u8; 32], crate::model::OperationId)> {
        let opened = records.iter().filter_map(|record| match record {
            Record::Event(event) if matches!(event.kind, EventKind::CallbackStarted { .. }) => event.operation.as_ref(),
            _ => None,
        });
        opened.map(|operation| (self.shared.key.derive(self.id, &operation.id).hash(), operation.id.clone())).collect()
    }

    /// Adds the ends of children that can't be started: they belong to the write that asks for them, as nobody would
    /// come back to it.
    fn refuse(&mut self, children: &Children, records: &mut Vec<Record>, mut then: Then) -> Then {
        for (operation, error) in &children.refused {
            let (operation, outcome) = (operation.clone(), Outcome::Failed(error.clone()));
            let now = self.shared.clock.now();
            // One that has ended with these records waits for nothing.
            let Ok(ended) = self.driven.execution.apply(Command::EndChild { operation, outcome }, now) else { break };
            records.extend(ended.records);
            if let Then::GoOn { changed, .. } = &mut then {
                // The later of two states of an operation counts.
                changed.extend(ended.changed);
            }
        }
        then
    }

    /// Starts driving the executions that this one has started.
    pub(super) fn begin(&self, children: Children) {
        for birth in children.births {
            birth.begin(&self.shared);
        }
    }

    /// Goes on after a write.
    pub(super) fn written(&mut self, then: Then) {
        let due = self.driven.execution.due();
        if self.timed != Some(due) {
            self.timed = Some(due);
            self.shared.timers.set(self.id, due);
        }
        match then {
            Then::GoOn { changed, token } => {
                if let Some((invocation, current)) = &mut self.run {
                    invocation.acknowledge(changed);
                    *current = token;
                }
            }
            Then::Tell { changed, reply } => {
                if let Some((invocation, _)) = &self.run {
                    if !changed.is_empty()
                        && let Some(Next::Suspended(updates)) = &mut self.ended
                    {
                        // It came while this was written, so it knew nothing of it: the run goes on with that instead.
                        self.ended = Some(Next::Checkpoint(std::mem::take(updates)));
                    }
                    invocation.merge(changed);
                }
                answer(reply);
            }
            Then::Rest { changed } => {
                self.active = None;
                self.starting = None;
                if let Some((Running::Here(mut invocation), _)) = self.run.take() {
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
                    self.shared.status.send(StatusChange::of(&self.driven.execution));
                    self.shared.waiters.announce(self.id, &Ending::Ended(outcome.clone()));
                }
            }
        }
    }

    /// Tells the operation that started this execution how it ended.
    pub(super) fn report(&mut self) {
        let Driven { execution, standing, .. } = &mut self.driven;
        let (Some(outcome), Some(parent)) = (execution.outcome().cloned(), execution.spec().parent.clone()) else {
            return;
        };
        if std::mem::take(&mut standing.unreported) {
            let (busy, shared) = (self.shared.busy.begin(), Arc::clone(&self.shared));
            let told = driven::report(shared, self.id, parent, outcome, *standing);
            tokio::task::spawn_local(async move {
                let _busy = busy;
                told.await;
            });
        }
    }

    /// Gives up what is in memory: nobody knows whether the last write happened, only the store does.
    ///
    /// Nor do its children: those that are recorded all the same are woken too.
    pub(super) fn abandon(&mut self, then: Then, children: &Children, error: &EngineError) {
        let told = || match error {
            EngineError::Store(error) => EngineError::Store(error.clone()),
            _ => EngineError::Refused(Refused::StaleToken),
        };
        if let Then::Tell { reply: Some(reply), .. } | Then::EndRun { reply: Some(reply) } = then {
            reply.send(Err(told()));
        }
        if self.driven.execution.outcome().is_some() {
            self.shared.unsure.lock().unwrap_or_else(PoisonError::into_inner).insert(self.id);
        }
        self.drop_run();
        if let EngineError::Store(error @ StoreError::Rejected { .. }) = error {
            // It would be rejected again and again.
            self.park(ParkReason::new(error.to_string()));
        }
        driven::refuse_messages(&self.shared, self.id, &mut self.mailbox, told);
        wake_later(&self.shared, self.id);
        for birth in &children.births {
            wake_later(&self.shared, birth.id);
        }
    }
}

fn answer(reply: Option<Reply>) {
    if let Some(reply) = reply {
        reply.send(Ok(()));
    }
}
