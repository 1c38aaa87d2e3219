//! An operation that has its place in a context.

use std::fmt;

use serde::Serialize;
use tracing::Span;

use super::{Ctx, Halt, Instead, Performing, Rehearsal};
use crate::logging::{attempt_span, in_context, operation_span};
use crate::model::{Action, Detail, ErrorObject, Operation, OperationId, OperationUpdate, Start, State};
use crate::operation::{Code, Place};
use crate::replay::{Act, Side};
use crate::value::{CodecError, GivenSerdes, Origin, Recorded};

/// An operation with its id: reads what is recorded of it, and records more.
pub(crate) struct Performed {
    pub(super) ctx: Ctx,
    act: Act,
    id: OperationId,
    serdes: GivenSerdes,
}

/// The longest payload that a context keeps; beyond that a replay runs its code again over the operations inside. Shorter
/// in this crate's own tests, which run thousands of programs with such contexts.
const MAX_CONTEXT_PAYLOAD: usize = if cfg!(test) { 1024 } else { 256 * 1024 };

/// The result of a context, as text for the record.
pub(crate) enum Sealed {
    Fits(Option<String>),
    TooLarge(String),
}

/// Its kind, its name and its place.
impl fmt::Display for Performed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.side(), self.place())
    }
}

impl Performed {
    pub(super) fn new(ctx: Ctx, act: Act, id: OperationId) -> Self {
        let serdes = ctx.serdes();
        Self { ctx, act, id, serdes }
    }

    /// The same operation with a serdes of its own, if it was given one.
    pub(crate) fn with_serdes(mut self, given: &GivenSerdes) -> Self {
        self.serdes = given.clone().or(self.serdes);
        self
    }

    /// The same operation without a serdes.
    pub(crate) fn without_serdes(self) -> Self {
        Self { serdes: None, ..self }
    }

    /// The JSON of a recorded payload.
    pub(crate) async fn open(&self, payload: Option<String>) -> Option<String> {
        match self.ctx.turn_back(&self.id, payload, self.serdes.as_ref(), Origin::Record).await {
            Ok(json) => json,
            Err(error) => {
                let source = CodecError::Serdes(error);
                self.ctx.halt(Halt::Unreadable { what: self.to_string(), source }).await
            }
        }
    }

    /// What to record for a payload's JSON.
    pub(crate) async fn seal(&self, payload: Option<String>) -> Result<Option<String>, ErrorObject> {
        let sealed = self.turn(payload).await?;
        self.check(sealed)
    }

    /// What to record for the JSON of a context's result, unless that is so large that a replay rather makes it again.
    pub(crate) async fn seal_context(&self, payload: Option<String>) -> Result<Sealed, ErrorObject> {
        let sealed = self.turn(payload).await?;
        match sealed {
            Some(sealed) if sealed.len() > MAX_CONTEXT_PAYLOAD => Ok(Sealed::TooLarge(sealed)),
            sealed => self.check(sealed).map(Sealed::Fits),
        }
    }

    /// The JSON of a context's result as it comes back from a record that it is too large for.
    pub(crate) async fn round_trip(&self, payload: Option<String>) -> Result<Option<String>, ErrorObject> {
        let sealed = self.turn(payload).await?;
        Ok(self.open(sealed).await)
    }

    async fn turn(&self, payload: Option<String>) -> Result<Option<String>, ErrorObject> {
        let Some(serdes) = &self.serdes else { return Ok(payload) };
        let Some(json) = payload else { return Ok(None) };
        let at = self.ctx.serdes_context(&self.id, Origin::Record);
        let sealed = self.ctx.run().busy(serdes.serialize(json, &at)).await;
        let failed = |error| ErrorObject::new("SerializationError", format!("{self}: {error}"));
        sealed.map(Some).map_err(failed)
    }

    fn check(&self, sealed: Option<String>) -> Result<Option<String>, ErrorObject> {
        let what = || format!("the payload of {self}");
        self.ctx.run().environment.limits.check_payload(sealed.as_deref(), what)?;
        Ok(sealed)
    }

    pub(crate) fn id(&self) -> &OperationId {
        &self.id
    }

    /// Its kind and its name.
    pub(crate) fn side(&self) -> Side {
        Side { kind: self.act.kind, name: self.act.name.clone() }
    }

    /// Where the code performs it.
    pub(crate) fn place(&self) -> Place {
        self.act.place
    }

    /// What a test has to do with it, if there is one.
    fn rehearsed(&self, arguments: &[Option<String>], tell: impl FnOnce(&dyn Rehearsal, &Performing<'_>)) {
        let environment = &self.ctx.run().environment;
        let Some(rehearsal) = &environment.rehearsal else { return };
        let Act { name, place, .. } = &self.act;
        let (execution, id) = (environment.execution, &self.id);
        tell(rehearsal.as_ref(), &Performing { execution, id, name, place: *place, arguments });
    }

    /// Tells a test that the step is performed.
    pub(crate) fn tell_performed(&self, arguments: &[Option<String>]) {
        self.rehearsed(arguments, |rehearsal, step| rehearsal.performs(step));
    }

    /// What a test has happen instead of the body.
    pub(crate) fn instead(&self, arguments: &[Option<String>]) -> Option<Instead> {
        let mut instead = None;
        self.rehearsed(arguments, |rehearsal, step| instead = rehearsal.instead(step));
        instead
    }

    /// What a test has happen instead of a body that gets this value.
    pub(crate) fn instead_of(&self, argument: &impl Serialize) -> Option<Instead> {
        self.ctx.run().environment.rehearsal.as_ref()?;
        self.instead(&[serde_json::to_string(argument).ok()])
    }

    /// Where the operation stands; `None` if nothing is recorded.
    pub(crate) fn state(&self) -> Option<State> {
        self.read(|operation| operation.state.clone())
    }

    /// The attempts of a step that have ended.
    pub(crate) fn attempts(&self) -> u32 {
        self.read(|operation| match operation.detail {
            Detail::Step { attempts, .. } => attempts,
            _ => 0,
        })
        .unwrap_or(0)
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Operation) -> T) -> Option<T> {
        self.ctx.run().replay.borrow().operation(&self.id).map(read)
    }

    /// The operation as it is when it has just begun.
    pub(super) fn as_begun(&self) -> Operation {
        let Act { parent, kind, name, .. } = &self.act;
        let now = self.ctx.run().environment.clock.now();
        let detail = match kind.is_step() {
            true => Detail::Step { attempts: 0, polled: None, failed: None },
            false => Detail::Context { replay_children: false },
        };
        let (id, parent, name) = (self.id.clone(), parent.clone(), Some(name.clone()));
        Operation { id, parent, name, kind: *kind, started: now, ended: None, state: State::Started, detail }
    }

    /// Queues the start; returns its position in the stream of updates.
    pub(crate) fn start(&self, start: Start) -> u64 {
        self.tell_start();
        self.update(Action::Start(start))
    }

    /// Whether a replay runs the code of this context again, although the context has ended.
    pub(crate) fn replays_children(&self) -> bool {
        self.read(|operation| matches!(operation.detail, Detail::Context { replay_children: true })).unwrap_or(false)
    }

    /// The state with which a condition is checked again.
    pub(crate) async fn polled(&self) -> Option<String> {
        let polled = self.read(|operation| match &operation.detail {
            Detail::Step { polled, .. } => polled.clone(),
            _ => None,
        });
        self.open(polled.flatten()).await
    }

    /// Records an outcome and returns when that is done.
    pub(crate) async fn end(&self, outcome: Recorded) {
        let sealed = match outcome {
            Recorded::Succeeded(payload) => self.seal(payload).await,
            Recorded::Failed(error) => Err(self.fit(error)),
        };
        self.end_sealed(sealed).await;
    }

    /// Records an outcome that is sealed already.
    pub(crate) async fn end_sealed(&self, sealed: Result<Option<String>, ErrorObject>) {
        self.record(match sealed {
            Ok(payload) => Action::Succeed { payload, replay_children: false },
            Err(error) => Action::Fail { error },
        })
        .await;
    }

    /// Records the end of a context whose code runs again on each replay, and returns when that is done.
    pub(crate) async fn end_replayed(&self, payload: Option<String>) {
        self.record(Action::Succeed { payload, replay_children: true }).await;
    }

    /// Records the start and returns when that is done.
    pub(crate) async fn start_recorded(&self, start: Start) {
        self.tell_start();
        let position = self.update(Action::Start(start));
        // The body waits for it, so nothing else is going to come along.
        self.ctx.run().hurry();
        self.ctx.run().acknowledged(position).await;
    }

    async fn record(&self, action: Action) {
        let position = self.update(action);
        self.ctx.run().acknowledged(position).await;
    }

    /// Records a failed attempt, or a state to check again, and returns when the next attempt may begin.
    pub(crate) async fn retry(&self, attempt: Result<Option<String>, ErrorObject>, delay_seconds: u32) {
        let attempt = attempt.map_err(|error| self.fit(error));
        let position = self.update(Action::Retry { attempt, delay_seconds });
        self.settled(position).await;
    }

    /// Returns when everything up to `position` is recorded and the operation has ended or may be tried again.
    pub(crate) async fn settled(&self, position: u64) {
        let settled = |operation: &Operation| operation.state.is_terminal() || operation.state == State::Ready;
        self.ctx.run().settled(&self.id, position, settled).await;
    }

    /// The span around the attempt that begins now.
    pub(crate) fn attempt_span(&self) -> Span {
        let (id, name, parent) = (&self.id, &self.act.name, self.act.parent.as_ref().map(OperationId::as_str));
        attempt_span!(operation = id.as_str(), operation_name = %name, parent, attempt = self.attempts() + 1)
    }

    /// Runs the code of this context, inside of it.
    pub(crate) async fn run_code(&self, inside: Ctx, code: &Code<'_>) -> Recorded {
        let finished = inside.is_closed();
        let (id, name, parent) = (&self.id, &self.act.name, self.act.parent.as_ref().map(OperationId::as_str));
        let span = operation_span!(operation = id.as_str(), operation_name = %name, parent);
        self.user_function_begins(1, finished);
        let outcome = in_context(&inside, span, code(inside.clone())).await;
        self.user_function_ends(1, finished, &outcome);
        outcome
    }

    /// Queues the start of something whose payload has to be sealed first; other operations that begin meanwhile come
    /// after it on record.
    pub(crate) async fn start_sealed(
        &self,
        payload: Option<String>,
        start: impl FnOnce(Option<String>) -> Start,
    ) -> Result<u64, ErrorObject> {
        self.tell_start();
        let promise = self.ctx.run().promise();
        let sealed = self.seal(payload).await?;
        Ok(promise.keep(self.describe_update(Action::Start(start(sealed)))))
    }

    /// An error cut to what may be recorded.
    pub(crate) fn fit(&self, error: ErrorObject) -> ErrorObject {
        self.ctx.run().environment.limits.fit_error(error)
    }

    fn update(&self, action: Action) -> u64 {
        self.ctx.push(self.describe_update(action))
    }

    fn describe_update(&self, action: Action) -> OperationUpdate {
        let Act { parent, kind, name, .. } = &self.act;
        OperationUpdate { id: self.id.clone(), parent: parent.clone(), name: Some(name.clone()), kind: *kind, action }
    }
}
