//! How an error is written into history.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An error as history keeps it: AWS's `ErrorObject`.
///
/// See [`Engine::stop`](crate::engine::Engine::stop) for an example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// The error's type name, such as `StockError`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// What the error says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The error itself as JSON, when its type can be serialised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Where it came from, outermost frame first; empty unless whoever reported the error sent it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack_trace: Vec<String>,
}

impl ErrorObject {
    /// An error with a type name and a message.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self { error_type: Some(error_type.into()), message: Some(message.into()), ..Self::default() }
    }

    /// Whether the error has this type name.
    pub fn is(&self, error_type: &str) -> bool {
        self.error_type.as_deref() == Some(error_type)
    }

    /// What the error says, without its type; the type if it says nothing.
    pub fn text(&self) -> &str {
        self.message.as_deref().or(self.error_type.as_deref()).unwrap_or("an error without a message")
    }
}

impl fmt::Display for ErrorObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.error_type, &self.message) {
            (Some(error_type), Some(message)) => write!(f, "{error_type}: {message}"),
            _ => f.write_str(self.text()),
        }
    }
}
