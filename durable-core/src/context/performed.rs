//! An operation that has its place in a context.

use super::Ctx;
use crate::model::{Action, Detail, ErrorObject, Operation, OperationId, OperationUpdate, Start, State};
use crate::operation::Place;
use crate::replay::{Act, Side};
use crate::value::Recorded;

/// An operation with its id: reads what is recorded of it, and records more.
pub(crate) struct Performed {
    ctx: Ctx,
    act: Act,
    id: OperationId,
}

impl Performed {
    pub(super) fn new(ctx: Ctx, act: Act, id: OperationId) -> Self {
        Self { ctx, act, id }
    }

    pub(crate) fn id(&self) -> &OperationId {
        &self.id
    }

    /// The operation for messages: kind, name and place.
    pub(crate) fn describe(&self) -> String {
        let side = Side { kind: self.act.kind, name: self.act.name.clone() };
        format!("{side} at {}", self.place())
    }

    fn place(&self) -> Place {
        self.act.place
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

    /// Queues the start; returns its position in the stream of updates.
    pub(crate) fn start(&self, start: Start) -> u64 {
        self.update(Action::Start(start))
    }

    /// Whether a replay runs the code of this context again, although the context has ended.
    pub(crate) fn replays_children(&self) -> bool {
        self.read(|operation| matches!(operation.detail, Detail::Context { replay_children: true })).unwrap_or(false)
    }

    /// The state with which a condition is checked again.
    pub(crate) fn polled(&self) -> Option<String> {
        let polled = self.read(|operation| match &operation.detail {
            Detail::Step { polled, .. } => polled.clone(),
            _ => None,
        });
        polled.flatten()
    }

    /// Records an outcome and returns when that is done.
    pub(crate) async fn end(&self, outcome: Recorded) {
        self.record(match outcome {
            Recorded::Succeeded(payload) => Action::Succeed { payload, replay_children: false },
            Recorded::Failed(error) => Action::Fail { error },
        })
        .await;
    }

    /// Records the end of a context whose code runs again on each replay, and returns when that is done.
    pub(crate) async fn end_replayed(&self, payload: Option<String>) {
        self.record(Action::Succeed { payload, replay_children: true }).await;
    }

    /// Records the start and returns when that is done.
    pub(crate) async fn start_recorded(&self, start: Start) {
        self.record(Action::Start(start)).await;
    }

    async fn record(&self, action: Action) {
        let position = self.update(action);
        self.ctx.run().acknowledged(position).await;
    }

    /// Records a failed attempt, or a state to check again, and returns when the next attempt may begin.
    pub(crate) async fn retry(&self, attempt: Result<Option<String>, ErrorObject>, delay_seconds: u32) {
        let position = self.update(Action::Retry { attempt, delay_seconds });
        self.settled(position).await;
    }

    /// Returns when everything up to `position` is recorded and the operation has ended or may be tried again.
    pub(crate) async fn settled(&self, position: u64) {
        let settled = |operation: &Operation| operation.state.is_terminal() || operation.state == State::Ready;
        self.ctx.run().settled(&self.id, position, settled).await;
    }

    fn update(&self, action: Action) -> u64 {
        let Act { parent, kind, name, .. } = &self.act;
        self.ctx.push(OperationUpdate {
            id: self.id.clone(),
            parent: parent.clone(),
            name: Some(name.clone()),
            kind: *kind,
            action,
        })
    }
}
