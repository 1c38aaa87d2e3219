//! What observers are told of a run.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Performed;
use super::run::Run;
use crate::model::{ErrorObject, Operation, OperationId};
use crate::observe::{AttemptOutcome, InvocationInfo, InvocationStatus, News, OperationInfo, UserFunctionInfo};
use crate::value::Recorded;

/// What is known of an invocation when it begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Its id.
    pub(crate) request_id: String,
    /// Whether it is the execution's first.
    pub(crate) is_first: bool,
    /// The operations that changed since the last one, as far as the code has not come by them.
    pub(crate) updated: BTreeSet<OperationId>,
}

impl Run {
    fn tell(&self, news: News) {
        self.environment.observers.tell(news);
    }

    /// Whether anybody listens; if not, nothing is made for observers.
    pub(super) fn is_observed(&self) -> bool {
        !self.environment.observers.is_empty()
    }

    fn info(&self, operation: &Operation, is_replay: bool) -> OperationInfo {
        OperationInfo::of(self.environment.execution, operation, is_replay)
    }

    /// All operations, which observers make something of if they want to.
    fn all(&self) -> Vec<Arc<Operation>> {
        self.replay.borrow().in_order().map(Arc::clone).collect()
    }

    /// Tells that an invocation begins, of which this is known.
    pub(crate) fn invocation_begins(&self, facts: Facts) {
        *self.facts.borrow_mut() = facts;
        if self.is_observed() {
            self.tell(News::InvocationStarted(self.invocation(None, None)));
        }
    }

    /// Tells that the invocation has ended.
    pub(crate) fn invocation_ends(&self, status: InvocationStatus, error: Option<ErrorObject>) {
        if self.is_observed() {
            self.tell(News::InvocationEnded(self.invocation(Some(status), error)));
        }
    }

    fn invocation(&self, status: Option<InvocationStatus>, error: Option<ErrorObject>) -> InvocationInfo {
        let (environment, facts) = (&self.environment, self.facts.borrow());
        let all = self.all();
        let is_updated = |operation: &&Arc<Operation>| facts.updated.contains(&operation.id);
        let updated = all.iter().filter(is_updated).map(|operation| self.info(operation, false)).collect();
        InvocationInfo {
            request_id: facts.request_id.clone(),
            execution: environment.execution,
            function: environment.function.clone(),
            name: environment.name.clone(),
            tenant: environment.tenant.clone(),
            is_first: facts.is_first,
            execution_started: environment.execution_started,
            updated,
            status,
            error,
            all,
        }
    }

    /// Tells what changed, and of what has ended with that.
    pub(super) fn operations_changed(&self, changed: &[Operation]) {
        if !self.is_observed() || changed.is_empty() {
            return;
        }
        let updated: Vec<_> = changed.iter().map(|operation| self.info(operation, false)).collect();
        let ended: Vec<_> = updated.iter().filter(|operation| operation.ended.is_some()).cloned().collect();
        let all = self.all();
        self.tell(News::OperationsChanged { execution: self.environment.execution, updated, all });
        ended.into_iter().for_each(|ended| self.tell(News::OperationEnded(ended)));
    }

    /// Tells of an operation on record that the code comes by: it goes on, or it ended since the last invocation.
    pub(super) fn operation_seen(&self, operation: &Operation) {
        let is_news = self.facts.borrow_mut().updated.remove(&operation.id);
        let info = self.info(operation, true);
        if !operation.state.is_terminal() {
            self.tell(News::OperationStarted(info));
        } else if is_news {
            self.tell(News::OperationEnded(info));
        }
    }
}

impl Performed {
    /// Tells that the operation begins, if it does.
    pub(super) fn tell_start(&self) {
        let run = self.ctx.run();
        if !run.is_observed() || self.state().is_some() {
            return;
        }
        let info = run.info(&self.as_begun(), false);
        run.tell(News::OperationStarted(info));
    }

    /// Tells that code of the user's runs for the operation.
    pub(crate) fn user_function_begins(&self, attempt: u32, is_replaying_children: bool) {
        self.tell_user_function(attempt, is_replaying_children, None);
    }

    /// Tells that code of the user's has ended.
    pub(crate) fn user_function_ends(&self, attempt: u32, is_replaying_children: bool, outcome: &Recorded) {
        let outcome = match outcome {
            Recorded::Succeeded(_) => (AttemptOutcome::Succeeded, None),
            Recorded::Failed(error) => (AttemptOutcome::Failed, Some(error.clone())),
        };
        self.tell_user_function(attempt, is_replaying_children, Some(outcome));
    }

    fn tell_user_function(
        &self,
        attempt: u32,
        is_replaying_children: bool,
        outcome: Option<(AttemptOutcome, Option<ErrorObject>)>,
    ) {
        let run = self.ctx.run();
        if !run.is_observed() {
            return;
        }
        let recorded = self.read(Operation::clone);
        let operation = run.info(&recorded.unwrap_or_else(|| self.as_begun()), false);
        let (outcome, error) = outcome.map_or((None, None), |(outcome, error)| (Some(outcome), error));
        let info = UserFunctionInfo { operation, attempt, is_replaying_children, outcome, error };
        run.tell(match info.outcome {
            None => News::UserFunctionStarted(info),
            Some(_) => News::UserFunctionEnded(info),
        });
    }
}
