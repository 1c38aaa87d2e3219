//! The error that a replay returns where the original was recorded by its text.

use std::fmt;

use crate::model::ErrorObject;

pub(crate) const TIMED_OUT: &str = "StepTimeoutError";
pub(crate) const PANICKED: &str = "StepPanicked";

/// An error that was recorded by its text: what `anyhow::Error` and `Box<dyn Error>` hold after a replay, and what a step
/// ends with that panicked or took too long.
///
/// Displays as the recorded message, so a replay and a first run print the same.
///
/// A step's serialisable error type with `From<durable::Error>` gets what is not its own through it, and so has a place
/// for every way in which a step can end:
///
/// ```
/// use std::time::Duration;
///
/// use durable::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
/// enum ChargeError {
///     #[error("declined")]
///     Declined,
///     #[error("no answer in time")]
///     TooSlow,
///     #[error("{0}")]
///     Other(String),
/// }
///
/// impl From<durable::Error> for ChargeError {
///     fn from(error: durable::Error) -> Self {
///         if error.is_timeout() { Self::TooSlow } else { Self::Other(error.to_string()) }
///     }
/// }
///
/// async fn charge(cents: u32) -> Result<u32, ChargeError> {
///     if cents > 1_000 {
///         tokio::time::sleep(Duration::from_secs(60)).await;
///     }
///     Err(ChargeError::Declined)
/// }
///
/// #[durable]
/// async fn pay(cents: u32) -> Result<u32, ChargeError> {
///     #[step(timeout = "20ms", retry(none))]
///     let charged = charge(cents).await?;
///     Ok(charged)
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(pay).start().await?;
/// # assert_eq!(engine.start(pay(20)).await?.output().await?, Err(ChargeError::Declined));
/// # assert_eq!(engine.start(pay(2_000)).await?.output().await?, Err(ChargeError::TooSlow));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    recorded: ErrorObject,
}

impl Error {
    /// Whether a step took longer than its timeout.
    pub fn is_timeout(&self) -> bool {
        self.recorded.is(TIMED_OUT)
    }

    /// Whether a step's body panicked.
    pub fn is_panic(&self) -> bool {
        self.recorded.is(PANICKED)
    }

    /// The name of the type that the error had when it was recorded.
    pub fn error_type(&self) -> &str {
        self.recorded.error_type.as_deref().unwrap_or_default()
    }

    /// What history holds of the error.
    pub fn recorded(&self) -> &ErrorObject {
        &self.recorded
    }
}

impl From<ErrorObject> for Error {
    fn from(recorded: ErrorObject) -> Self {
        Self { recorded }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.recorded.message.as_deref().unwrap_or("an error without a message"))
    }
}

impl std::error::Error for Error {}
