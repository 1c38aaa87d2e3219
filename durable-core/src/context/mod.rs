//! The context that generated code hands to every operation.

mod gate;
mod observed;
mod performed;
mod rehearsal;
mod run;
mod state;
mod watch;

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

pub(crate) use gate::{Gate, Lane, Pass};
pub(crate) use observed::Facts;
pub(crate) use performed::{Performed, Sealed};
pub(crate) use rehearsal::{Given, Instead, Performing, Rehearsal};
pub(crate) use run::{Environment, Halt, Room, Run};
pub(crate) use state::StateMap;
pub use state::{Shareable, State, States};
pub(crate) use watch::{Activity, Evidence, Watch};

use crate::model::{ErrorObject, InvalidName, Kind, Name, OperationId, OperationUpdate};
use crate::operation::{Defaults, GivenName, LocalBoxFuture, Place};
use crate::replay::{Act, Difference, Key, Mismatch, Side};
use crate::value::{Codec, CodecError, GivenSerdes, Origin, Recorded, Serdes, SerdesContext, SerdesError};

/// Where an operation is performed: one run of a durable function, and the context within it.
///
/// It is handed from generated code to operations and never to the user's code.
#[derive(Clone)]
pub struct Ctx {
    run: Rc<Run>,
    /// The context of the code.
    scope: Option<OperationId>,
    /// The context on record.
    parent: Option<OperationId>,
    /// The outermost of the contexts around the code that are not on record.
    group: Option<OperationId>,
    mode: Cell<Mode>,
    /// Whether the context had begun before this run.
    seen: bool,
    /// Shared, since it is large and the same for every context of a function.
    defaults: Rc<Defaults>,
    /// The key of the operation that is performed through this value.
    key: Option<Key>,
}

/// How the code of a context relates to what is recorded of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It adds to it.
    Open,
    /// It adds to it, next to other code whose operations are recorded in the same context.
    Shared,
    /// It runs again over what is finished: what has no end on record never ends, and nothing is added.
    Closed,
    /// It was decided what comes of it: the same as if it were finished, and its operations keep to the order on record.
    Decided,
}

impl Mode {
    /// Whether nothing is added any more.
    fn is_closed(self) -> bool {
        matches!(self, Self::Closed | Self::Decided)
    }
}

impl Ctx {
    /// The context at the root of a run.
    pub(crate) fn root(run: Rc<Run>) -> Self {
        let (mode, defaults) = (Cell::new(Mode::Open), Rc::default());
        Self { run, scope: None, parent: None, group: None, mode, seen: false, defaults, key: None }
    }

    /// The context inside the operation `id`.
    pub(crate) fn inside(&self, id: &OperationId) -> Self {
        let mode = Cell::new(if self.is_closed() { Mode::Closed } else { Mode::Open });
        let seen = self.run.replay.borrow().operation(id).is_some();
        let (scope, parent) = (Some(id.clone()), Some(id.clone()));
        Self { scope, parent, group: None, mode, seen, key: None, ..self.clone() }
    }

    /// The context inside the finished operation `id`, for code that runs again over its records.
    pub(crate) fn inside_finished(&self, id: &OperationId) -> Self {
        Self { mode: Cell::new(Mode::Closed), ..self.inside(id) }
    }

    /// From now on what has no end on record never ends in this context, and nothing is added: it was decided what comes of
    /// it, and the rest of its code only shows that it is still there.
    pub(crate) fn decided(&self) {
        self.mode.set(Mode::Decided);
    }

    /// A context for ids only: its operations are recorded in this one.
    pub(crate) fn inside_virtual(&self, name: &Name, occurrence: u32) -> Self {
        let id = OperationId::derive(self.scope.as_ref(), name, occurrence);
        let mode = Cell::new(if self.is_closed() { Mode::Closed } else { Mode::Shared });
        let group = self.group.clone().unwrap_or_else(|| id.clone());
        self.run.replay.borrow_mut().enter(&id, self.parent.as_ref(), &group);
        let seen = self.is_replaying();
        Self { scope: Some(id), group: Some(group), mode, seen, key: None, ..self.clone() }
    }

    /// Notes that the code has the item of this name and number, whether or not it begins.
    pub(crate) fn has_item(&self, name: &Name, number: u32) {
        let id = self.item_id(name, number);
        let group = self.group.clone().unwrap_or_else(|| id.clone());
        self.run.replay.borrow_mut().enter(&id, self.parent.as_ref(), &group);
    }

    /// The same context, for an operation with this key.
    pub(crate) fn keyed(&self, key: Option<Key>) -> Self {
        Self { key, ..self.clone() }
    }

    /// The id of the item of this name and number in this context.
    pub(crate) fn item_id(&self, name: &Name, number: u32) -> OperationId {
        OperationId::derive(self.scope.as_ref(), name, number)
    }

    /// Whether the end of an operation is on record.
    pub(crate) fn has_ended(&self, operation: &OperationId) -> bool {
        self.run.replay.borrow().operation(operation).is_some_and(|operation| operation.state.is_terminal())
    }

    /// How many operations were recorded in this context before this run.
    pub(crate) fn recorded(&self) -> usize {
        self.run.replay.borrow().recorded(self.parent.as_ref())
    }

    /// The number of the next group of this name whose operations are recorded in this context.
    pub(crate) fn next_occurrence(&self, name: &Name) -> u32 {
        self.run.replay.borrow_mut().count(self.scope.as_ref(), name)
    }

    /// Whether the code of this context repeats what an earlier run did: until it has performed everything that was on
    /// record, or something that was not.
    pub(crate) fn is_replaying(&self) -> bool {
        self.is_closed() || self.run.replay.borrow().is_replaying(self.scope.as_ref(), self.seen)
    }

    /// The same context, for the code of a function whose steps do this if they say nothing.
    pub(crate) fn with_defaults(self, defaults: Defaults) -> Self {
        Self { defaults: Rc::new(defaults), ..self }
    }

    /// What a step does that says nothing.
    pub(crate) fn defaults(&self) -> Defaults {
        *self.defaults
    }

    /// What payloads pass whose operation says nothing.
    pub(crate) fn serdes(&self) -> GivenSerdes {
        let given = self.defaults.serdes.map(|serdes| serdes());
        given.or_else(|| self.run.environment.serdes.clone())
    }

    /// The JSON of a payload's text.
    pub(crate) async fn turn_back(
        &self,
        operation: &OperationId,
        payload: Option<String>,
        serdes: Option<&Arc<dyn Serdes>>,
        origin: Origin,
    ) -> Result<Option<String>, SerdesError> {
        let Some(serdes) = serdes else { return Ok(payload) };
        let Some(text) = payload else { return Ok(None) };
        let at = self.serdes_context(operation, origin);
        self.run.busy(serdes.deserialize(text, &at)).await.map(Some)
    }

    /// Whose payload it is, for a serdes.
    pub(crate) fn serdes_context(&self, operation: &OperationId, origin: Origin) -> SerdesContext {
        SerdesContext { execution: self.run.environment.execution, operation: operation.clone(), origin }
    }

    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// The application state of type `T`, which the engine was started with.
    pub async fn state<T: 'static>(&self) -> State<T> {
        match self.run.environment.states.find() {
            Some(state) => State(state),
            // `EngineBuilder::start` refuses a function whose state is missing.
            None => {
                let message = format!("the engine has no state of type `{}`", std::any::type_name::<T>());
                self.halt(Halt::Fail(ErrorObject::new("MissingState", message))).await
            }
        }
    }

    /// Takes the next place in this context for an operation. Does not return if something else is recorded here, nor
    /// if the context is finished and the operation is not.
    pub(crate) async fn perform(&self, kind: Kind, name: Result<Name, InvalidName>, place: Place) -> Performed {
        self.perform_renamed(kind, name, None, place).await
    }

    /// The same for an operation that may be recorded under the name that it had before.
    pub(crate) async fn perform_renamed(
        &self,
        kind: Kind,
        name: Result<Name, InvalidName>,
        was: GivenName,
        place: Place,
    ) -> Performed {
        let name = self.valid(name).await;
        let was = match was {
            Some(was) => Some(self.valid(was).await),
            None => None,
        };
        self.take_place(kind, name, was, None, place).await
    }

    /// The same for an operation that is known by its number among those of its name.
    pub(crate) async fn perform_numbered(&self, kind: Kind, name: Name, number: u32, place: Place) -> Performed {
        self.take_place(kind, name, None, Some(number), place).await
    }

    /// The name, or the end of the execution if it is none.
    pub(crate) async fn valid(&self, name: Result<Name, InvalidName>) -> Name {
        match name {
            Ok(name) => name,
            Err(invalid) => self.halt(Halt::Fail(ErrorObject::new("InvalidName", invalid.to_string()))).await,
        }
    }

    async fn take_place(
        &self,
        kind: Kind,
        name: Name,
        was: Option<Name>,
        occurrence: Option<u32>,
        place: Place,
    ) -> Performed {
        let (scope, parent) = (self.scope.clone(), self.parent.clone());
        let (group, key, ordered) = (self.group.clone(), self.key.clone(), self.mode.get() != Mode::Closed);
        let mut act = Act { scope, parent, group, kind, name, was, key, occurrence, ordered, place };
        let placed = self.run.replay.borrow_mut().perform(&mut act);
        if self.run.is_observed()
            && let Ok(id) = &placed
        {
            let on_record = self.run.replay.borrow().operation(id).cloned();
            on_record.iter().for_each(|operation| self.run.operation_seen(operation));
        }
        if let (Some(rehearsal), Ok(id)) = (&self.run.environment.rehearsal, &placed) {
            rehearsal.places(id, place);
        }
        let performed = match placed {
            Ok(id) => Performed::new(self.clone(), act, id),
            Err(mismatch) => self.halt(Halt::Mismatch(mismatch)).await,
        };
        // The id of a callback is known as soon as that is recorded, whatever became of it.
        let is_there = performed.state().is_some_and(|state| state.is_terminal() || kind == Kind::Callback);
        if self.is_closed() && !is_there {
            self.never(&performed).await
        }
        performed
    }

    /// Waits for an operation that had not ended when this context did. Whoever raced it has won long ago; if nobody
    /// has, the code is not what it was.
    pub(crate) async fn never<T>(&self, performed: &Performed) -> T {
        let difference = Difference::Unending { performed: performed.side(), is_recorded: performed.state().is_some() };
        self.run.never(Mismatch { difference, was: None, place: Some(performed.place()) }).await
    }

    /// Waits in vain for an operation that had not ended when this context did; returns if it had.
    pub(crate) async fn ended(&self, operation: &OperationId, place: Place) {
        let open =
            self.run.replay.borrow().operation(operation).filter(|it| !it.state.is_terminal()).map(Side::of_operation);
        if let Some(performed) = open {
            let difference = Difference::Unending { performed, is_recorded: true };
            self.run.never(Mismatch { difference, was: None, place: Some(place) }).await
        }
    }

    /// Ends the run if the code of this context, which is done, has not performed everything that is recorded of it.
    pub(crate) fn close(&self, place: Place) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            let closed = match (&self.scope, &self.parent) {
                (Some(scope), parent) if Some(scope) != parent.as_ref() => {
                    self.run.replay.borrow().close_virtual(scope, parent.as_ref(), Some(place))
                }
                (scope, _) => self.run.replay.borrow().close(scope.as_ref(), Some(place)),
            };
            self.expect(closed).await;
        })
    }

    /// Ends the run if more operations are recorded in this context than its code can perform.
    pub(crate) async fn allow(&self, count: usize, place: Place) {
        let allowed = self.run.replay.borrow().allow(self.parent.as_ref(), count, Some(place));
        self.expect(allowed).await;
    }

    async fn expect(&self, checked: Result<(), Box<Mismatch>>) {
        if let Err(mismatch) = checked {
            self.halt(Halt::Mismatch(mismatch)).await
        }
    }

    /// Ends the run if something is recorded in this context that was not performed, now that all its code has begun; says
    /// whether it goes on. Code that performs several operations here may have more to come.
    pub(crate) fn expect_no_more(&self, place: Place) -> bool {
        let closed = self.run.replay.borrow().close_begun(self.parent.as_ref(), Some(place));
        closed.map_err(|mismatch| self.run.halt(Halt::Mismatch(mismatch))).is_ok()
    }

    /// Whether the code runs again over a finished context.
    pub(crate) fn is_closed(&self) -> bool {
        self.mode.get().is_closed()
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
    pub(crate) async fn decode<T>(&self, codec: &dyn Codec<T>, recorded: Recorded, what: &Performed) -> T {
        match codec.decode(recorded) {
            Ok(outcome) => outcome,
            Err(error) => match self.refuse(error, what).await {},
        }
    }

    /// Ends the run because the code can't get what is recorded.
    pub(crate) fn refuse<'a>(&'a self, error: CodecError, what: &'a Performed) -> LocalBoxFuture<'a, Infallible> {
        Box::pin(self.halt(match error {
            // The code has no way to say this error, so the execution says it.
            CodecError::NoError(error) => Halt::Fail(error),
            source => Halt::Unreadable { what: what.to_string(), source },
        }))
    }
}

/// What to record for an outcome that was encoded; for one that does not serialise, a failure that says so.
pub(crate) fn record_of(encoded: Result<Recorded, CodecError>, what: &dyn fmt::Display) -> Recorded {
    encoded.unwrap_or_else(|error| serialisation_failure(what, &error))
}

/// The record of an outcome that does not serialise.
pub(crate) fn serialisation_failure(what: impl fmt::Display, error: &CodecError) -> Recorded {
    let cause = std::error::Error::source(error).map(|source| format!(" ({source})")).unwrap_or_default();
    Recorded::Failed(ErrorObject::new("SerializationError", format!("{what}: {error}{cause}")))
}
