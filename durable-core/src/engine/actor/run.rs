//! How a run of the code begins, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use super::Actor;
use super::running::Running;
use crate::context::{Environment, Facts, Lane, Pass};
use crate::engine::function::Registered;
use crate::engine::mailbox::Message;
use crate::engine::parking::ParkReason;
use crate::engine::remote::RemoteFunction;
use crate::engine::shared::Shared;
use crate::engine::waiters::Ending;
use crate::invocation::Invocation;
use crate::model::{ErrorObject, ExecutionId};
use crate::observe::InvocationStatus;
use crate::service::{Command, Outcome, Resumed};
use crate::store::{Commit, Trouble};

/// The code of an execution's next run.
enum RunnableCode {
    Here(Box<Registered>),
    Elsewhere(Arc<RemoteFunction>),
}

impl Actor {
    /// Whether a run is to begin.
    pub(super) fn is_due(&self) -> bool {
        self.driven.execution.should_run()
            && self.shared.parking.reason(self.id).is_none()
            && !self.shared.probation.holds_back(self.id)
            && !self.shared.is_draining()
    }

    /// Begins a run as soon as there is room for it.
    pub(super) fn invoke(&mut self) {
        let (lane, delay) = match self.code() {
            Some(RunnableCode::Here(..)) => {
                let lanes = self.shared.gates.lanes(self.driven.execution.spec().function.as_str());
                let Some((lane, _)) = lanes else { return self.park_without_code() };
                (lane, Duration::ZERO)
            }
            Some(RunnableCode::Elsewhere(function)) => {
                let crashes = self.driven.execution.crashes();
                let delay = if crashes > 0 { function.delay_after(crashes) } else { Duration::ZERO };
                (self.shared.gates.lane_elsewhere(), delay)
            }
            None => return self.park_without_code(),
        };
        if delay.is_zero()
            && let Some(pass) = lane.try_enter()
        {
            return self.begin_run(pass);
        }
        // Noted first: there may be room at once, on another thread.
        self.shared.gates.wait(self.id);
        let (shared, id) = (Arc::clone(&self.shared), self.id);
        if !delay.is_zero() {
            let busy = self.shared.busy.begin();
            tokio::task::spawn_local(async move {
                let _busy = busy;
                tokio::time::sleep(delay).await;
                if let Some(pass) = enter(&shared, id, &lane) {
                    shared.deliver(id, Message::Room(pass));
                }
            });
        } else if let Some(pass) = enter(&shared, id, &lane) {
            self.enter(pass);
        }
    }

    /// The code that goes on with the execution.
    fn code(&self) -> Option<RunnableCode> {
        let spec = self.driven.execution.spec();
        let (function, version) = (&spec.function, spec.version.as_deref());
        if let Some(registered) = self.shared.registry.resume(function, version) {
            return Some(RunnableCode::Here(Box::new(registered.clone())));
        }
        self.shared.remotes.find_version(function, version).map(RunnableCode::Elsewhere)
    }

    /// Begins a run in the room that there is now, if it is still due.
    pub(super) fn enter(&mut self, pass: Pass) {
        // Not before: until the execution has heard of the room, it waits for it.
        self.shared.gates.leave(self.id);
        if self.run.is_none() && self.is_due() {
            self.begin_run(pass);
        }
    }

    pub(super) fn begin_run(&mut self, pass: Pass) {
        let (request_id, is_first) = (self.driven.execution.request_id(), self.driven.execution.is_first_run());
        if let Some(mut invocation) = self.stand_up() {
            let Resumed { token, changed } = self.driven.execution.resume(self.shared.clock.now());
            let updated = changed.iter().map(|operation| operation.id.clone()).collect();
            invocation.resume(Facts { request_id, is_first, updated }, changed);
            self.run = Some((Running::Here(invocation), token));
            self.active = Some((self.shared.active.begin(), pass));
            self.shared.metrics.resumed.add(1);
            return;
        }
        let spec = self.driven.execution.spec().clone();
        let registered = match self.code() {
            Some(RunnableCode::Here(registered)) => registered,
            Some(RunnableCode::Elsewhere(function)) => return self.begin_remote_run(&function, pass),
            None => return self.park_without_code(),
        };
        let lanes = self.shared.gates.lanes(spec.function.as_str());
        let Some((_, bodies)) = lanes else { return self.park_without_code() };
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
            times_invokes: true,
            serdes: self.shared.serdes.clone(),
            states: Arc::clone(&self.shared.states),
            clock: Arc::clone(&self.shared.clock),
            entropy: Arc::clone(&self.shared.entropy),
            bodies,
            watch: Arc::clone(&self.residents.watch),
            rehearsal: self.shared.rehearsal.clone(),
        };
        let facts = Facts { request_id, is_first, updated: invoked.updated.into_iter().collect() };
        let function = |ctx| registered.run(ctx, spec.input.as_deref());
        let invocation = Invocation::new(environment, invoked.operations, facts, function);
        self.run = Some((Running::Here(invocation), invoked.token));
        self.active = Some((self.shared.active.begin(), pass));
    }

    pub(super) fn park_without_code(&mut self) {
        let spec = self.driven.execution.spec();
        let gap = self.shared.registry.gap(&spec.function, spec.version.as_deref());
        self.park(ParkReason::missing(spec.function.clone(), gap));
    }

    /// Ends the run between two steps, because the engine is about to stop; or does nothing yet.
    pub(super) fn interrupt(&mut self) {
        let at_rest = self.run.as_ref().is_some_and(|(invocation, _)| invocation.is_at_rest());
        if !self.shared.is_draining() || self.writing.is_some() || self.ended.is_some() || !at_rest {
            return;
        }
        if self.driven.execution.has_recorded() {
            let error = ErrorObject::new("Runtime.Shutdown", "the engine was shut down during this invocation");
            self.command(Command::Crash { error }, None);
        } else {
            self.tell_end();
            self.drop_run();
        }
    }

    /// The suspended run, which rests no longer.
    pub(super) fn stand_up(&mut self) -> Option<Invocation> {
        let (invocation, stamp) = self.resting.take()?;
        self.residents.leave(stamp);
        Some(invocation)
    }

    pub(super) fn drop_run(&mut self) {
        self.run = None;
        self.driven.execution.forsake();
        self.active = None;
        self.ended = None;
        self.stand_up();
    }

    /// Tells observers how the run has ended that is over.
    pub(super) fn tell_end(&self) {
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

    pub(super) fn park(&mut self, reason: ParkReason) {
        tracing::error!(execution = %self.id, %reason, "an execution is parked");
        if let Some((invocation, _)) = &self.run {
            let error = ErrorObject::new("Parked", reason.as_str());
            invocation.ended(InvocationStatus::Retry, Some(error));
        }
        self.drop_run();
        self.shared.probation.end(self.id);
        self.shared.parking.park(self.id, reason.clone());
        self.note_parked(reason.as_str());
        self.shared.waiters.announce(self.id, &Ending::Parked(reason));
    }

    /// Has it on record, for those who look at the store, that the execution is parked.
    pub(super) fn note_parked(&self, reason: &str) {
        let trouble = Trouble { parked: Some(reason.to_owned()), ..Trouble::default() };
        let (id, shared) = (self.id, Arc::clone(&self.shared));
        let note = move |trouble| vec![Commit { trouble: Some(trouble), ..Commit::new(id) }];
        // If this fails, the next engine finds out anew.
        let busy = self.shared.busy.begin();
        tokio::task::spawn_local(async move {
            let _busy = busy;
            shared.writer.commit(note(trouble)).await;
            if shared.parking.reason(id).is_none() {
                // Somebody has let it run again meanwhile, and what they noted came first.
                shared.writer.commit(note(Trouble::default())).await;
            }
        });
    }
}

/// Comes in at once, or has the execution told when there is room: then it needs no task meanwhile.
fn enter(shared: &Arc<Shared>, id: ExecutionId, lane: &Lane) -> Option<Pass> {
    let weak = Arc::downgrade(shared);
    let later = move |pass| {
        let Some(shared) = weak.upgrade() else { return Err(pass) };
        shared.deliver(id, Message::Room(pass));
        Ok(())
    };
    lane.enter_or(later)
}
