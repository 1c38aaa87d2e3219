//! New executions: recorded first, then driven.

use std::sync::Arc;

use super::driven::Driven;
use super::known::{Wanted, read_reference};
use super::mailbox::Message;
use super::shared::Shared;
use super::status::StatusChange;
use super::worker::Assignment;
use crate::model::{ErrorObject, Event, EventKind, ExecutionId, Name, OperationId};
use crate::service::{Execution, Parent, Record, Spec};
use crate::store::{Commit, Row};

/// An execution that is about to be recorded.
pub(super) struct Birth {
    driven: Driven,
    pub(super) id: ExecutionId,
}

impl Birth {
    /// Prepares an execution, with what to store of it.
    pub(super) fn prepare(shared: &Shared, spec: Spec) -> (Self, Commit) {
        let id = spec.id;
        let (execution, records) = Execution::create(spec.clone(), Arc::clone(&shared.key), shared.clock.now());
        let execution = execution.with_limits(shared.limits);
        let standing = execution.standing();
        let commit = Commit {
            row: Some(Row { position: 0, records }),
            create: Some(spec),
            standing: Some(standing),
            ..Commit::new(id)
        };
        (Self { driven: Driven { execution, next_position: 1, standing }, id }, commit)
    }

    /// Starts driving the execution, now that it is recorded.
    pub(super) fn begin(self, shared: &Shared) {
        let Self { driven, id } = self;
        // Nobody may be listening.
        shared.status.send(StatusChange::of(&driven.execution));
        if let Some(mailbox) = shared.mailboxes.deliver(id, Message::Wake) {
            let (driven, busy) = (Some(driven), shared.busy.begin());
            shared.workers.assign(Assignment { id, mailbox, driven, starting: None, busy });
        }
    }
}

/// The executions that an execution starts with its next write.
#[derive(Default)]
pub(super) struct Children {
    /// Those that are recorded with the write.
    pub(super) births: Vec<Birth>,
    /// Those that can't be started, and why.
    pub(super) refused: Vec<(OperationId, ErrorObject)>,
}

impl Children {
    /// Prepares the executions that these records start, and notes their versions; their commits belong to the same
    /// write.
    pub(super) fn of(shared: &Shared, parent: ExecutionId, records: &mut [Record]) -> (Self, Vec<Commit>) {
        let (mut children, mut commits) = (Self::default(), Vec::new());
        for record in records {
            let Record::Event(Event { operation: Some(operation), kind, .. }) = record else { continue };
            let EventKind::ChainedInvokeStarted { function, version, input, tenant, timeout_seconds, execution } = kind
            else {
                continue;
            };
            let parent = Parent { execution: parent, operation: operation.id.clone() };
            match child(shared, *execution, function, input.clone(), parent) {
                Ok(spec) => {
                    let timeout_seconds = timeout_seconds.or(spec.timeout_seconds);
                    let spec = Spec { tenant: tenant.clone(), timeout_seconds, ..spec };
                    version.clone_from(&spec.version);
                    let (birth, commit) = Birth::prepare(shared, spec);
                    children.births.push(birth);
                    commits.push(commit);
                }
                Err(error) => children.refused.push((operation.id.clone(), error)),
            }
        }
        (children, commits)
    }
}

fn child(
    shared: &Shared,
    id: ExecutionId,
    function: &Name,
    input: Option<String>,
    parent: Parent,
) -> Result<Spec, ErrorObject> {
    let not_found = |message: String| ErrorObject::new("ResourceNotFoundException", message);
    let found = shared.function(function, &Wanted::Newest).map(|known| (function.clone(), known));
    let found = found.or_else(|| {
        let (name, wanted) = read_reference(function.as_str())?;
        shared.function(&name, &wanted).map(|known| (name, known))
    });
    let Some((function, known)) = found else {
        let names = shared.function_names().join(", ");
        return Err(not_found(format!("no durable function `{function}` is registered (registered: {names})")));
    };
    if let Err(error) = known.check(input.as_deref()) {
        return Err(ErrorObject::new("InvalidInput", format!("these are not arguments of `{function}`: {error}")));
    }
    let name = Name::new(id.to_string()).map_err(|error| not_found(error.to_string()))?;
    let version = known.version();
    Ok(Spec {
        id,
        function,
        name,
        version,
        input,
        tenant: None,
        timeout_seconds: known.timeout_seconds(),
        parent: Some(parent),
    })
}
