//! Runs of code elsewhere: how they begin, record and end.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::running::Running;
use super::{Actor, Then};
use crate::context::Pass;
use crate::engine::error::EngineError;
use crate::engine::mailbox::Reply;
use crate::engine::remote::{
    CheckpointCall, CheckpointToken, Checkpointed, InvocationEnd, RemoteFunction, RemoteInvocation,
};
use crate::invocation::Next;
use crate::model::{ErrorObject, Operation};
use crate::operation::panic_text;
use crate::service::{Applied, Command, Outcome, Refused};
use crate::store::{Commit, Trouble};
use crate::value::Recorded;

/// A run of code elsewhere.
pub(super) struct RemoteRun {
    /// Nothing once it has ended.
    end: Option<Pin<Box<dyn Future<Output = InvocationEnd> + Send>>>,
    /// What the next checkpoint has to show.
    token: CheckpointToken,
    /// The last checkpoint that said what its repetitions say, with the answer.
    last: Option<(CheckpointCall, Checkpointed)>,
}

impl RemoteRun {
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let Some(end) = &mut self.end else { return Poll::Pending };
        let Poll::Ready(end) = end.as_mut().poll(cx) else { return Poll::Pending };
        self.end = None;
        Poll::Ready(match end {
            InvocationEnd::Succeeded(result) => Next::Finished(Recorded::Succeeded(result), Vec::new()),
            InvocationEnd::Failed(error) => Next::Finished(Recorded::Failed(error), Vec::new()),
            InvocationEnd::Pending => Next::Suspended(Vec::new()),
            InvocationEnd::Crashed(error) => Next::Crashed(error),
        })
    }
}

impl Actor {
    pub(super) fn begin_remote_run(&mut self, function: &RemoteFunction, pass: Pass) {
        let request_id = self.driven.execution.request_id();
        let now = self.shared.clock.now();
        let invoked = self.driven.execution.invoke_remote(now);
        self.shared.metrics.runs.add(1);
        if !invoked.operations.is_empty() {
            self.shared.metrics.replays.add(1);
        }
        self.acquit();
        let spec = self.driven.execution.spec().clone();
        let token = self.shared.tokens.issue(&self.shared.key, self.id);
        let limit = function.invocation_timeout();
        let invocation = RemoteInvocation {
            execution: self.id,
            function: spec.function,
            version: spec.version,
            name: spec.name,
            input: spec.input,
            tenant: spec.tenant,
            started: self.driven.standing.started,
            request_id,
            token: token.clone(),
            operations: invoked.operations,
            updated: invoked.updated,
            deadline: now.plus(limit),
        };
        let code = Arc::clone(&function.code);
        let end = Box::pin(async move {
            let invoked = async move { code.invoke(invocation).await };
            match tokio::time::timeout(limit, AssertUnwindSafe(invoked).catch_unwind()).await {
                Ok(Ok(end)) => end,
                Ok(Err(panic)) => {
                    InvocationEnd::Crashed(ErrorObject::new("Runtime.Unknown", panic_text(panic.as_ref())))
                }
                Err(_) => {
                    let message = format!("the invocation did not end within {limit:?}");
                    InvocationEnd::Crashed(ErrorObject::new("Sandbox.Timedout", message))
                }
            }
        });
        self.run = Some((Running::Elsewhere(Box::new(RemoteRun { end: Some(end), token, last: None })), invoked.token));
        self.active = Some((self.shared.active.begin(), pass));
    }

    /// Code elsewhere does not end this process: nothing is held against the execution.
    fn acquit(&self) {
        if self.shared.probation.holds(self.id) {
            self.shared.probation.end(self.id);
            let (note, shared) =
                (Commit { trouble: Some(Trouble::default()), ..Commit::new(self.id) }, Arc::clone(&self.shared));
            // If this fails, it is looked at anew after the next crash.
            tokio::task::spawn_local(async move { shared.writer.commit(vec![note]).await });
        }
    }

    /// Records what code elsewhere has done.
    pub(super) fn checkpoint(
        &mut self,
        call: CheckpointCall,
        reply: oneshot::Sender<Result<Checkpointed, EngineError>>,
    ) {
        if let Some((Running::Elsewhere(run), _)) = &self.run
            && let Some((last, answer)) = &run.last
            && *last == call
        {
            let _ = reply.send(Ok(answer.clone()));
            return;
        }
        if !self.is_current(&call.token) {
            let _ = reply.send(Err(EngineError::Refused(Refused::StaleToken)));
            return;
        }
        // Whatever is due happens first, so that the answer tells of it.
        let now = self.shared.clock.now();
        let due = self.driven.execution.due().is_some_and(|due| due <= now);
        let ticked = due.then(|| self.driven.execution.apply(Command::Tick, now).ok()).flatten();
        let mut records = ticked.map(|applied| applied.records).unwrap_or_default();
        match self.apply_checkpoint(&call) {
            Ok(applied) => {
                records.extend(applied.records);
                let issue = |_| self.shared.tokens.issue(&self.shared.key, self.id);
                let token = applied.token.map(issue);
                let answer = Checkpointed { token: token.clone(), changed: applied.changed };
                let told = Reply::Checkpointed(answer.clone(), reply);
                if let Some((Running::Elsewhere(run), current)) = &mut self.run
                    && let (Some(token), Some(next)) = (token, applied.token)
                {
                    *current = next;
                    run.token = token;
                    run.last = call.client_token.is_some().then_some((call, answer));
                    self.write(records, Then::Tell { changed: Vec::new(), reply: Some(told) });
                } else {
                    self.write(records, Then::EndRun { reply: Some(told) });
                }
            }
            Err(refused) => {
                let _ = reply.send(Err(EngineError::Refused(refused)));
                // What was due is on record all the same; it may have been the execution's timeout.
                if self.driven.execution.outcome().is_some() {
                    self.write(records, Then::EndRun { reply: None });
                } else if !records.is_empty() {
                    self.write(records, Then::Tell { changed: Vec::new(), reply: None });
                }
            }
        }
    }

    fn apply_checkpoint(&mut self, call: &CheckpointCall) -> Result<Applied, Refused> {
        let Some((_, token)) = &self.run else { return Err(Refused::StaleToken) };
        let token = *token;
        let now = self.shared.clock.now();
        self.driven.execution.check_batch(&call.updates, now)?;
        let updates = call.updates.clone();
        let command = match call.outcome.clone() {
            None => Command::Checkpoint { token, updates },
            Some(Ok(result)) => Command::Finish { token, updates, outcome: Outcome::Succeeded(result) },
            Some(Err(error)) => Command::Finish { token, updates, outcome: Outcome::Failed(error) },
        };
        self.driven.execution.apply(command, now)
    }

    /// What code elsewhere is to replay, for who has the current token.
    pub(super) fn state(&self, token: &CheckpointToken) -> Result<Vec<Operation>, EngineError> {
        if self.is_current(token) {
            Ok(self.driven.execution.needed_operations())
        } else {
            Err(EngineError::Refused(Refused::StaleToken))
        }
    }

    fn is_current(&self, token: &CheckpointToken) -> bool {
        matches!(&self.run, Some((Running::Elsewhere(run), _)) if run.token == *token)
    }
}
