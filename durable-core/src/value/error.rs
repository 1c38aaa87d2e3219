//! The error that a replay returns where the original was recorded by its text.

use std::fmt;

use crate::model::ErrorObject;

/// An error that was recorded by its text: what `anyhow::Error` and `Box<dyn Error>` hold after a replay.
///
/// Displays as the recorded message, so a replay and a first run print the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    recorded: ErrorObject,
}

impl Error {
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
