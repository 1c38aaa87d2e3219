//! Who completes callbacks in a test.

use std::time::Duration;

use serde::Serialize;

use crate::model::{CallbackId, ErrorObject};
use crate::value::{CodecError, to_json};

/// What someone outside does with a callback, and when.
///
/// ```
/// # use durable::prelude::*;
/// # use durable::testing::{Answer, TestEngine};
/// #[durable]
/// async fn sign() -> Result<String, durable::CallbackError> {
///     let signature = wait_for_callback(async |_id| ()).timeout(days(7)).await_callback::<String>()?;
///     Ok(signature)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let courier = |_id: &durable::CallbackId| Answer::succeed(&"M. Curie").after(days(6));
/// let run = TestEngine::new().on_callback("signature", courier).run(sign()).await;
/// assert_eq!(run.result().unwrap(), "M. Curie");
/// assert_eq!(run.duration(), days(6));
/// # }
/// ```
#[derive(Debug)]
#[must_use = "an answer does nothing until it is returned to `on_callback`"]
pub struct Answer {
    /// What is done, each so long after the one before.
    pub(super) acts: Vec<(Duration, Act)>,
}

/// One thing that is done with a callback.
#[derive(Debug)]
#[non_exhaustive]
pub enum Act {
    /// It is completed with this text; nothing stands for JSON `null`.
    Succeed(Result<Option<String>, CodecError>),
    /// It is completed with an error.
    Fail(ErrorObject),
    /// It is kept alive.
    Heartbeat,
}

impl Answer {
    fn of(act: Act) -> Self {
        Self { acts: vec![(Duration::ZERO, act)] }
    }

    /// Completes the callback with a value, as JSON.
    pub fn succeed<T: Serialize + ?Sized>(value: &T) -> Self {
        Self::of(Act::Succeed(to_json(&value)))
    }

    /// Completes the callback with text, as it is.
    pub fn succeed_with(payload: impl Into<String>) -> Self {
        Self::of(Act::Succeed(Ok(Some(payload.into()))))
    }

    /// Completes the callback with an error.
    pub fn fail(error: ErrorObject) -> Self {
        Self::of(Act::Fail(error))
    }

    /// Keeps the callback alive for another heartbeat timeout.
    pub fn heartbeat() -> Self {
        Self::of(Act::Heartbeat)
    }

    /// Does nothing, so that the callback times out if it has a timeout.
    pub fn never() -> Self {
        Self { acts: Vec::new() }
    }

    /// Begins only after this time.
    pub fn after(mut self, delay: Duration) -> Self {
        if let Some((first, _)) = self.acts.first_mut() {
            *first += delay;
        }
        self
    }

    /// What is done, each so long after the one before: for whoever does it.
    pub fn acts(self) -> impl Iterator<Item = (Duration, Act)> {
        self.acts.into_iter()
    }

    /// Does this next.
    pub fn then(mut self, next: Self) -> Self {
        self.acts.extend(next.acts);
        self
    }
}

/// Decides what is done with the callbacks of a name.
pub(super) struct Handler {
    pub(super) name: String,
    pub(super) decide: Box<dyn FnMut(&CallbackId) -> Answer + Send>,
}
