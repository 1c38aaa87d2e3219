//! Why operations gave nothing, where code gets to know, and what history calls that when code passes it on.

use std::any::{Any, TypeId};

use serde::{Deserialize, Serialize};

use super::codec::without_modules;
use crate::model::ErrorObject;

/// Why a callback gave no result.
///
/// **Recorded** with the callback. **Replay:** the same. Code that returns it fails with the name that AWS's SDKs give it: a
/// `CallbackTimeoutError`, a `CallbackExternalError` or a `CallbackSubmitterError`.
///
/// ```
/// use durable::CallbackError;
/// use durable::prelude::*;
///
/// async fn ask(_courier: CallbackId) {}
///
/// #[durable]
/// async fn pickup() -> String {
///     let asked = wait_for_callback(async |id| ask(id).await).timeout(seconds(1));
///     match asked.await_callback::<String>() {
///         Ok(courier) => courier,
///         Err(CallbackError::TimedOut | CallbackError::HeartbeatTimedOut) => "nobody came".to_owned(),
///         Err(error) => error.to_string(),
///     }
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(pickup).start().await?;
/// # assert_eq!(engine.start(pickup()).await?.output().await?, "nobody came");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Nobody completed it in time.
    #[error("callback timed out")]
    TimedOut,
    /// Its heartbeats stopped.
    #[error("callback timed out on heartbeat")]
    HeartbeatTimedOut,
    /// It was completed with an error.
    #[error("{}", .0.text())]
    Failed(ErrorObject),
    /// The step that hands its id out failed for good.
    #[error("the callback's id could not be handed out: {}", .0.text())]
    Submitter(ErrorObject),
    /// What was delivered can't be read as the expected type.
    #[error("{0}")]
    Unreadable(String),
}

/// Why a condition did not come to hold.
///
/// **Recorded** with the checks. **Replay:** the same. Code that returns it fails with a `WaitForConditionError`, as AWS's SDKs
/// call it.
///
/// ```
/// use durable::prelude::*;
/// use durable::{ConditionError, Retry};
///
/// async fn look() -> Result<bool, String> {
///     Err("the shop is closed".to_owned())
/// }
///
/// #[durable]
/// async fn ready() -> String {
///     let ready = wait_for_condition(false, async |_: bool| look().await).until(|ready| *ready);
///     match ready.checks(Retry::FIXED).await {
///         Ok(_) => "ready".to_owned(),
///         Err(ConditionError::Exhausted(_)) => "not in time".to_owned(),
///         Err(error) => error.to_string(),
///     }
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(ready).start().await?;
/// # assert_eq!(engine.start(ready()).await?.output().await?, "the shop is closed");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// It did not hold after the last of the allowed checks.
    #[error("{}", .0.text())]
    Exhausted(ErrorObject),
    /// A check failed.
    #[error("{}", .0.text())]
    Check(ErrorObject),
}

/// The name of a [`CallbackError`] in history whose submitter failed for good.
pub(crate) const SUBMITTER: &str = "CallbackSubmitterError";

/// The names of [`CallbackError`]s in history.
const CALLBACK: [&str; 3] = ["CallbackTimeoutError", "CallbackExternalError", SUBMITTER];

/// The name of [`ConditionError`]s in history.
pub(crate) const CONDITION: &str = "WaitForConditionError";

/// What history calls an error: by its type, or as AWS's SDKs call it if it is one of an operation.
pub(super) fn name_on_record(error: &dyn Any, type_name: &str) -> String {
    let [timeout, external, _] = CALLBACK;
    let name = match error.downcast_ref() {
        Some(CallbackError::TimedOut | CallbackError::HeartbeatTimedOut) => Some(timeout),
        Some(CallbackError::Failed(_)) => Some(external),
        Some(CallbackError::Submitter(_)) => Some(SUBMITTER),
        Some(CallbackError::Unreadable(_)) => None,
        None => error.is::<ConditionError>().then_some(CONDITION),
    };
    name.map_or_else(|| without_modules(type_name), str::to_owned)
}

/// Whether history may call an error of this type so, beside its type's own name.
pub(super) fn is_also_called(error_type: TypeId, name: &str) -> bool {
    (error_type == TypeId::of::<CallbackError>() && CALLBACK.contains(&name))
        || (error_type == TypeId::of::<ConditionError>() && name == CONDITION)
}
