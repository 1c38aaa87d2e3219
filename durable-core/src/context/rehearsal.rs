//! What a test puts between an execution and the world.

use std::any::Any;

use crate::model::{ErrorObject, ExecutionId, Name, OperationId, OperationUpdate};
use crate::operation::Place;

/// Stands between an execution's code and the world. An engine that serves the world has none.
pub(crate) trait Rehearsal: Send + Sync {
    /// An operation has its place in the code.
    fn places(&self, id: &OperationId, place: Place);

    /// A step is performed, recorded or not.
    fn performs(&self, step: &Performing<'_>);

    /// What happens instead of one attempt of a step; nothing if its body runs.
    fn instead(&self, step: &Performing<'_>) -> Option<Instead>;

    /// Whether bodies of operations run at all. Where they don't, none ever ends.
    fn runs_bodies(&self) -> bool;

    /// The error with which the invocation ends that is about to have these updates recorded, if it is cut off here.
    fn cuts(&self, execution: ExecutionId, updates: &[OperationUpdate]) -> Option<ErrorObject>;
}

/// A step that is performed.
#[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only the testing kit asks"))]
pub(crate) struct Performing<'a> {
    pub(crate) execution: ExecutionId,
    pub(crate) id: &'a OperationId,
    pub(crate) name: &'a Name,
    pub(crate) place: Place,
    /// The arguments of a step's definition as JSON, as far as they can be written so. A step on a line has none.
    pub(crate) arguments: &'a [Option<String>],
}

/// What happens instead of a body.
#[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only the testing kit makes any"))]
pub(crate) enum Instead {
    /// It gives this.
    Gives(Box<dyn Given>),
    /// The attempt fails with an error that is not the body's own.
    Fails(ErrorObject),
    /// Nothing ever comes of it.
    Hangs,
}

/// An outcome that a body did not give.
pub(crate) trait Given: Any {
    /// Puts it into an `Option` of its type; says whether it is one.
    fn put(self: Box<Self>, outcome: &mut dyn Any) -> bool;
}

impl<T: 'static> Given for T {
    fn put(self: Box<Self>, outcome: &mut dyn Any) -> bool {
        let Some(outcome) = outcome.downcast_mut() else { return false };
        *outcome = Some(*self);
        true
    }
}
