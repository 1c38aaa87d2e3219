//! What ends an invocation other than its code, and what becomes of the execution.

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use durable_core::model::ErrorObject;
use durable_wire::Malformed;
use lambda_runtime::Diagnostic;

/// Why an invocation ended other than by its code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The payload is not that of a durable invocation.
    #[error(
        "the function was not invoked as a durable one: {0}\n\
         help: give the Lambda function a `DurableConfig`, and invoke a version or an alias of it"
    )]
    NotDurable(String),
    /// The service did not do what it was asked, and may the next time.
    #[error("the durable execution service: {0}")]
    Service(String),
    /// Another invocation has taken over.
    #[error("another invocation of this execution has taken over: {0}")]
    Superseded(String),
    /// The invocation has no time left.
    #[error("the invocation had no time left for another step; the next one goes on from here")]
    OutOfTime,
    /// The service refused for good.
    #[error("the durable execution service refused: {0}")]
    Refused(String),
    /// The service sent something that can't be understood.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl Failure {
    /// The type of the error as history shows it.
    pub(crate) fn error_type(&self) -> &'static str {
        match self {
            Self::NotDurable(_) => "NotDurable",
            Self::Service(_) => "CheckpointFailed",
            Self::Superseded(_) => "Superseded",
            Self::OutOfTime => "OutOfTime",
            Self::Refused(_) => "CheckpointRefused",
            Self::Malformed(_) => "MalformedState",
        }
    }

    /// The error with which the execution fails; `None` if it goes on in another invocation.
    ///
    /// Failing an execution can't be taken back, so it only fails when nothing else can come of it.
    pub(crate) fn fails_with(&self) -> Option<ErrorObject> {
        match self {
            Self::NotDurable(_) | Self::Service(_) | Self::Superseded(_) | Self::OutOfTime => None,
            // A newer release of this crate may understand it.
            Self::Malformed(_) => None,
            Self::Refused(_) => Some(self.to_error()),
        }
    }

    pub(crate) fn to_error(&self) -> ErrorObject {
        ErrorObject::new(self.error_type(), self.to_string())
    }

    /// What a call failed with, after all of its attempts.
    pub(crate) fn of_call<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let (code, message) = (error.code(), error.message());
        let text = match (code, message) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            _ => aws_sdk_lambda::error::DisplayErrorContext(error).to_string(),
        };
        classify(status, code.unwrap_or_default(), message.unwrap_or_default(), text)
    }
}

/// What an answer means. What is not known may be different the next time.
fn classify(status: Option<u16>, code: &str, message: &str, text: String) -> Failure {
    let fenced = message.trim_start().get(..FENCED.len()).is_some_and(|start| start.eq_ignore_ascii_case(FENCED));
    match status {
        Some(400) if fenced => Failure::Superseded(text),
        // The key that the history is encrypted with is out of reach.
        _ if code.starts_with("KMS") => Failure::Refused(text),
        Some(408 | 429) => Failure::Service(text),
        // The next invocation has other credentials.
        Some(400..500) if code.contains("Expired") || code.contains("Throttl") => Failure::Service(text),
        Some(400..500) => Failure::Refused(text),
        _ => Failure::Service(text),
    }
}

/// How the service says that a token is not the newest. Released versions of the service and of its SDKs disagree about
/// the case.
const FENCED: &str = "invalid checkpoint token";

/// What Lambda is told of an invocation that ends without an answer.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.error_type().to_owned(), error_message: failure.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_release_may_understand_does_not_fail_the_execution() {
        let unknown = Malformed::Unknown { id: "1".to_owned(), what: "type", value: "TIMER".to_owned() };
        let failure = Failure::from(unknown);
        assert_eq!(failure.fails_with(), None);
        assert!(failure.to_string().contains("TIMER"), "{failure}");
    }

    #[test]
    fn only_what_can_not_be_different_the_next_time_fails_the_execution() {
        let cases = [
            (None, "", "", "Service"),
            (Some(500), "ServiceException", "", "Service"),
            (Some(503), "", "", "Service"),
            (Some(429), "TooManyRequestsException", "", "Service"),
            (Some(403), "ExpiredTokenException", "", "Service"),
            (Some(400), "InvalidParameterValueException", "Invalid checkpoint token: used", "Superseded"),
            (Some(400), "InvalidParameterValueException", "Invalid Checkpoint Token", "Superseded"),
            (Some(400), "InvalidParameterValueException", "payload too large", "Refused"),
            (Some(403), "AccessDeniedException", "", "Refused"),
            (Some(404), "ResourceNotFoundException", "", "Refused"),
            (Some(502), "KMSDisabledException", "", "Refused"),
        ];
        for (status, code, message, expected) in cases {
            let failure = classify(status, code, message, String::new());
            assert!(format!("{failure:?}").starts_with(expected), "{status:?} {code} {message}: {failure:?}");
            assert_eq!(failure.fails_with().is_some(), expected == "Refused");
        }
    }
}
