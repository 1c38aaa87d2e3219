//! Operations whose occurrences are told apart by data.

use std::borrow::Cow;
use std::time::Duration;

use super::{Ctx, Operation, Place, StepCall};
use crate::model::Retry;
use crate::replay::Key;
use crate::value::Serdes;

/// See [`Operation::key`].
#[must_use = "an operation does nothing until it is awaited in a `#[durable]` function"]
#[derive(Debug)]
pub struct Keyed<O> {
    operation: O,
    key: Key,
}

impl<O> Keyed<O> {
    pub(super) fn new(operation: O, key: impl Into<Key>) -> Self {
        Self { operation, key: key.into() }
    }

    fn map<P>(self, change: impl FnOnce(O) -> P) -> Keyed<P> {
        Keyed { operation: change(self.operation), key: self.key }
    }
}

#[diagnostic::do_not_recommend]
impl<O: Operation> Operation for Keyed<O> {
    type Output = O::Output;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> O::Output {
        self.operation.perform_at(&ctx.keyed(Some(self.key)), place).await
    }
}

#[diagnostic::do_not_recommend]
impl<S: StepCall> StepCall for Keyed<S> {
    async fn run(self) -> S::Output {
        self.operation.run().await
    }

    fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.map(|step| step.named(name))
    }

    fn was(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.map(|step| step.was(name))
    }

    fn retry(self, retry: Retry) -> Self {
        self.map(|step| step.retry(retry))
    }

    fn timeout(self, timeout: Duration) -> Self {
        self.map(|step| step.timeout(timeout))
    }

    fn serdes(self, serdes: impl Serdes) -> Self {
        self.map(|step| step.serdes(serdes))
    }
}
