//! An execution between the store and its task: read, given up for now, and told of at its end.

use std::sync::{Arc, PoisonError};

use super::error::EngineError;
use super::mailbox::{Mailbox, Message};
use super::parking::ParkReason;
use super::shared::Shared;
use super::waiters::Ending;
use crate::model::ExecutionId;
use crate::service::{Execution, Outcome, Parent, Standing};
use crate::store::{Commit, StoreError, Stored};

/// An execution's state with what is stored of it.
pub(super) struct Driven {
    pub(super) execution: Execution,
    /// The number of the next row in its log.
    pub(super) next_position: u32,
    /// Where the store says that it stands.
    pub(super) standing: Standing,
}

pub(super) fn load(shared: &Shared, id: ExecutionId) -> Result<Driven, EngineError> {
    let stored = shared.store()?.load(id)?.ok_or(EngineError::UnknownExecution(id))?;
    let Stored { spec, standing, records, next_position } = stored;
    let execution = Execution::restore(spec, Arc::clone(&shared.key), records)
        .map_err(|corrupt| StoreError::DamagedLog { execution: id, reason: corrupt.to_string() })?;
    let execution = execution.with_limits(shared.limits);
    Ok(Driven { execution, next_position, standing })
}

/// Answers everyone, and comes back later if the trouble may pass.
pub(super) fn refuse_all(shared: &Arc<Shared>, id: ExecutionId, mailbox: &mut Mailbox, trouble: &EngineError) {
    let answer = || match trouble {
        EngineError::Store(error) => EngineError::Store(error.clone()),
        _ => EngineError::UnknownExecution(id),
    };
    refuse_messages(shared, id, mailbox, answer);
    shared.probation.end(id);
    match trouble {
        EngineError::Store(StoreError::DamagedLog { .. } | StoreError::Damaged { .. }) => {
            let reason = ParkReason::new(trouble.to_string());
            shared.waiters.announce(id, &Ending::Parked(reason.clone()));
            shared.parking.park(id, reason);
        }
        EngineError::Store(_) => wake_later(shared, id),
        _ => {}
    }
}

/// Closes the mailbox and answers everyone in it.
pub(super) fn refuse_messages(shared: &Shared, id: ExecutionId, mailbox: &mut Mailbox, why: impl Fn() -> EngineError) {
    while let Some(message) = shared.mailboxes.close(id, mailbox) {
        if matches!(message, Message::Room(_)) {
            // It got what it waited for.
            shared.gates.leave(id);
        }
        message.refuse(why());
    }
}

/// Looks after the execution again when the store has had time to recover.
pub(super) fn wake_later(shared: &Arc<Shared>, id: ExecutionId) {
    let (delay, busy, shared) = (shared.writer.recovery_delay(), shared.busy.begin(), Arc::clone(shared));
    shared.put_off.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    tokio::task::spawn_local(async move {
        let _busy = busy;
        tokio::time::sleep(delay).await;
        shared.deliver(id, Message::Wake);
        shared.put_off.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    });
}

/// Tells the end of an execution until it is known, then notes that.
pub(super) async fn report(shared: Arc<Shared>, id: ExecutionId, parent: Parent, outcome: Outcome, standing: Standing) {
    let Parent { execution, operation } = parent;
    let told = shared.ask(execution, |reply| Message::EndChild { operation, outcome, reply }).await;
    match told {
        Ok(()) | Err(EngineError::Refused(_) | EngineError::UnknownExecution(_)) => {
            let noted = Commit { standing: Some(standing), ..Commit::new(id) };
            if let Some(Err(_)) = shared.writer.commit(vec![noted]).await {
                // It is told once more, which changes nothing.
                wake_later(&shared, id);
            }
        }
        Err(EngineError::Store(_)) => wake_later(&shared, id),
        Err(_) => {}
    }
}
