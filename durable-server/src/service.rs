//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use durable_core::engine::{Described, Engine, EngineError};
use durable_core::model::ExecutionId;
use durable_core::store::Query;

use crate::arn::{Arns, execution_id, execution_names};
use crate::elsewhere::Elsewhere;
use crate::error::ApiError;
use crate::remembered::Remembered;

/// The engine behind the service, and what is known beside it.
pub(crate) struct Service {
    pub(crate) engine: Engine,
    pub(crate) arns: Arns,
    /// How long a caller waits at most for the end of an execution.
    pub(crate) longest_wait: Duration,
    /// Pauses and resumptions that clients may repeat.
    pub(crate) remembered: Remembered,
    /// Functions that starts bring along, if they may.
    pub(crate) elsewhere: Option<Elsewhere>,
    /// Whether clients have to authenticate themselves.
    pub(crate) is_closed: bool,
}

/// What handlers get.
pub(crate) type Shared = Arc<Service>;

impl Service {
    /// The execution that an ARN is about.
    ///
    /// All of the ARN has to be right: an id in another function's ARN is no way to it.
    pub(crate) async fn execution(&self, arn: &str) -> Result<Described, ApiError> {
        let id = execution_id(arn).ok_or_else(not_an_arn)?;
        let described = self.engine.describe(id).await?;
        if self.arns.of_described(&described) == arn { Ok(described) } else { Err(ApiError::no_execution()) }
    }

    /// The same where only the id matters, without a look at its history.
    pub(crate) async fn execution_id(&self, arn: &str) -> Result<ExecutionId, ApiError> {
        let id = execution_id(arn).ok_or_else(not_an_arn)?;
        let (function, name) = execution_names(arn).ok_or_else(not_an_arn)?;
        let found = self.engine.list(Query::new().function(function).name(name).limit(1)).await?;
        let right = found.first().is_some_and(|found| found.id == id && self.arns.of_summary(found) == arn);
        if right { Ok(id) } else { Err(ApiError::no_execution()) }
    }
}

fn not_an_arn() -> ApiError {
    ApiError::invalid_parameter("this is no ARN of a durable execution")
}

/// What went wrong with a callback: who asks learns as little as possible.
pub(crate) fn callback_error(error: EngineError) -> ApiError {
    use durable_core::service::Refused;
    match error {
        // An execution that has ended, or is gone, closes its callbacks.
        EngineError::Refused(Refused::Ended | Refused::CallbackClosed) => ApiError::callback_closed(),
        EngineError::UnknownCallback | EngineError::UnknownExecution(_) => ApiError::no_callback(),
        other => other.into(),
    }
}
