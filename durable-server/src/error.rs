//! Errors as AWS's clients expect them: a status, a type in a header, and a small body.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use durable_core::engine::EngineError;
use durable_core::service::Refused;
use durable_wire::Malformed;
use serde_json::json;

/// The header in which the type of an error travels.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What a client is told when nothing comes of its request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub(crate) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into() }
    }

    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message)
    }

    pub(crate) fn invalid_content(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "ResourceConflictException", message)
    }

    pub(crate) fn already_started(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "DurableExecutionAlreadyStartedException", message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message)
    }

    pub(crate) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "too many requests at once")
    }

    pub(crate) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException", "the request took too long to arrive")
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDeniedException", message)
    }

    pub(crate) fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "UnrecognizedClientException", message)
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::new(StatusCode::NOT_FOUND, "UnknownOperationException", "there is no such operation")
    }

    pub(crate) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowedException", "this path has no such method")
    }

    pub(crate) fn service(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", message)
    }

    /// An execution that is not there, whatever the reason.
    pub(crate) fn no_execution() -> Self {
        Self::not_found("there is no such durable execution")
    }

    /// A callback that is not there: one answer for all that can't be completed with this id by anybody.
    pub(crate) fn no_callback() -> Self {
        Self::not_found("there is no such callback")
    }

    pub(crate) fn callback_closed() -> Self {
        let message = "the callback is closed: it was completed, or its time was over";
        Self::new(StatusCode::BAD_REQUEST, "CallbackTimeoutException", message)
    }
}

/// What a request to the engine came to, where nothing else is known of the request.
impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::UnknownExecution(_) => Self::no_execution(),
            EngineError::UnknownCallback => Self::no_callback(),
            EngineError::UnknownFunction { name, .. } => Self::not_found(format!("there is no function `{name}`")),
            EngineError::NameTaken { name, .. } => {
                Self::already_started(format!("`{name}` was started before with another payload"))
            }
            EngineError::StillRunning(_) => Self::conflict("the durable execution has not ended"),
            EngineError::InvalidExecutionName(_) => {
                Self::invalid_parameter("an execution's name has 1 to 64 letters, digits, `-` and `_`")
            }
            EngineError::TimeoutTooLong(too_long) => {
                Self::invalid_parameter(format!("an execution's timeout: {too_long}"))
            }
            EngineError::InvalidInput { .. } | EngineError::Unserialisable(_) => {
                Self::invalid_content(error.to_string())
            }
            EngineError::Refused(refused) => refused.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::StaleToken => Self::invalid_parameter("Invalid checkpoint token"),
            Refused::AlreadyPaused | Refused::NotPaused | Refused::Ended => Self::conflict(refused.to_string()),
            Refused::CallbackClosed => Self::callback_closed(),
            other => Self::invalid_parameter(other.to_string()),
        }
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::invalid_parameter(malformed.to_string())
    }
}

impl ApiError {
    /// Something of ours went wrong: the log says what, the client only that.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request could not be carried out");
        Self::service("the service could not carry the request out")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, kind, message } = self;
        let sender = if status.is_server_error() { "Service" } else { "User" };
        // Some of AWS's shapes spell the message one way and some the other; clients read the one that they know.
        let mut body = json!({ "Type": sender, "Message": message, "message": message });
        if let (StatusCode::TOO_MANY_REQUESTS, Some(body)) = (status, body.as_object_mut()) {
            body.insert("Reason".to_owned(), json!("CallerRateLimitExceeded"));
        }
        let mut response = (status, Json(body)).into_response();
        response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
        }
        response
    }
}
