//! The context that generated code hands to every operation.

mod performed;
mod run;
mod state;

use std::rc::Rc;

pub(crate) use performed::Performed;
pub(crate) use run::{Environment, Halt, Run};
pub(crate) use state::StateMap;
pub use state::{State, States};

use crate::model::{ErrorObject, InvalidName, Kind, Name, OperationId, OperationUpdate};
use crate::operation::Place;
use crate::replay::Act;
use crate::value::{Codec, CodecError, Recorded};

/// Where an operation is performed: one run of a durable function, and the context within it.
///
/// It is handed from generated code to operations and never to the user's code.
#[derive(Clone)]
pub struct Ctx {
    run: Rc<Run>,
    scope: Option<OperationId>,
}

impl Ctx {
    /// The context at the root of a run.
    pub(crate) fn root(run: Rc<Run>) -> Self {
        Self { run, scope: None }
    }

    /// The context inside the operation `id`.
    pub(crate) fn inside(&self, id: &OperationId) -> Self {
        Self { run: Rc::clone(&self.run), scope: Some(id.clone()) }
    }

    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// The application state of type `T`, which the engine was started with.
    pub async fn state<T: Clone + Send + Sync + 'static>(&self) -> State<T> {
        match self.run.environment.states.find() {
            Some(state) => State(state),
            // `EngineBuilder::start` refuses a function whose state is missing.
            None => {
                let message = format!("the engine has no state of type `{}`", std::any::type_name::<T>());
                self.halt(Halt::Fail(ErrorObject::new("MissingState", message))).await
            }
        }
    }

    /// Takes the next place in this context for an operation. Does not return if something else is recorded here.
    pub(crate) async fn perform(&self, kind: Kind, name: Result<Name, InvalidName>, place: Place) -> Performed {
        let name = match name {
            Ok(name) => name,
            Err(invalid) => self.halt(Halt::Fail(ErrorObject::new("InvalidName", invalid.to_string()))).await,
        };
        let act = Act { parent: self.scope.clone(), kind, name, place };
        let placed = self.run.replay.borrow_mut().perform(&act);
        match placed {
            Ok(id) => Performed::new(self.clone(), act, id),
            Err(mismatch) => self.halt(Halt::Mismatch(mismatch)).await,
        }
    }

    /// Queues an update; see [`Run::acknowledged`].
    pub(crate) fn push(&self, update: OperationUpdate) -> u64 {
        self.run.push(update)
    }

    /// Ends the run for good. Never returns, so the user's code cannot catch it.
    pub(crate) async fn halt<T>(&self, halt: Halt) -> T {
        self.run.halt(halt);
        std::future::pending().await
    }

    /// The outcome that the user's code gets for what is recorded.
    pub(crate) async fn decode<T, C: Codec<T>>(&self, codec: &C, recorded: Recorded, what: &Performed) -> T {
        match codec.decode(recorded) {
            Ok(outcome) => outcome,
            // The code has no way to say this error, so the execution says it.
            Err(CodecError::NoError(error)) => self.halt(Halt::Fail(error)).await,
            Err(source) => self.halt(Halt::Unreadable { what: what.describe(), source }).await,
        }
    }
}

/// What to record for an outcome; one that does not serialise is recorded as a failure that says so.
pub(crate) fn encode<T, C: Codec<T>>(codec: &C, outcome: &T, what: impl std::fmt::Display) -> Recorded {
    codec.encode(outcome).unwrap_or_else(|error| {
        let cause = std::error::Error::source(&error).map(|source| format!(" ({source})")).unwrap_or_default();
        Recorded::Failed(ErrorObject::new("SerializationError", format!("{what}: {error}{cause}")))
    })
}
