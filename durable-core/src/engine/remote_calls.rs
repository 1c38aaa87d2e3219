//! What code elsewhere, and who looks after it, can ask of an engine.

use super::Engine;
use super::error::EngineError;
use super::mailbox::Message;
use super::remote::{CheckpointCall, CheckpointToken, Checkpointed, RemoteFunction};
use crate::model::{ExecutionId, Operation};
use crate::service::Refused;
use crate::store::{Commit, Trouble};

impl Engine {
    /// Adds a function whose code runs elsewhere, in the place of one with the same name and version. Executions that
    /// are parked because it was missing go on.
    ///
    /// **Errors:** [`EngineError::DuplicateFunction`] if a function of this process has the name; [`EngineError::TimeoutTooLong`] if its
    /// executions' timeout is more than 366 days.
    pub async fn register_remote(&self, function: RemoteFunction) -> Result<(), EngineError> {
        let (shared, name) = (self.shared(), function.name().clone());
        if shared.registry.find(&name).is_some() {
            return Err(EngineError::DuplicateFunction(name));
        }
        function.check_timeout().map_err(EngineError::TimeoutTooLong)?;
        shared.remotes.insert(function);
        let parked = shared.parking.that_miss(&name);
        let notes = parked.iter().map(|id| Commit { trouble: Some(Trouble::default()), ..Commit::new(*id) }).collect();
        if !parked.is_empty() {
            shared.writer.commit(notes).await.ok_or(EngineError::ShutDown)??;
        }
        for id in parked {
            shared.parking.unpark(id);
            shared.deliver(id, Message::Wake);
        }
        Ok(())
    }

    /// Removes a function whose code runs elsewhere; says whether it was there. Its executions are parked when they are
    /// to run next, until it is there again.
    pub fn unregister_remote(&self, name: &str, version: Option<&str>) -> bool {
        self.shared().remotes.remove(name, version)
    }

    /// Records what code elsewhere has done, all or nothing, and says what has changed.
    ///
    /// A repetition of the last call, with the same client token, gets the same answer and changes nothing.
    ///
    /// **Errors:** [`Refused::StaleToken`] if the run was superseded, or the token is not one;
    /// [`Refused::IllegalUpdate`] and [`Refused::TooLarge`] if the batch can't be recorded.
    pub async fn checkpoint(&self, id: ExecutionId, call: CheckpointCall) -> Result<Checkpointed, EngineError> {
        self.check_token(id, &call.token)?;
        let call = Box::new(call);
        self.shared().ask(id, |reply| Message::Checkpoint { call, reply }).await
    }

    /// What code elsewhere has to replay, for a run with this token, which stays good.
    ///
    /// **Errors:** [`Refused::StaleToken`] if the run was superseded, or the token is not one.
    pub async fn replay_state(&self, id: ExecutionId, token: CheckpointToken) -> Result<Vec<Operation>, EngineError> {
        self.check_token(id, &token)?;
        self.shared().ask(id, |reply| Message::State { token, reply }).await
    }

    fn check_token(&self, id: ExecutionId, token: &CheckpointToken) -> Result<(), EngineError> {
        let shared = self.shared();
        if shared.tokens.is_of(&shared.key, token, id) { Ok(()) } else { Err(Refused::StaleToken.into()) }
    }
}
