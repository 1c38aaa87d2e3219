//! Errors as they travel.

use durable_core::model;
use serde::{Deserialize, Serialize};

/// An error: all fields may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorObject {
    /// The name of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// More about it, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_data: Option<String>,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<Vec<String>>,
}

impl From<model::ErrorObject> for ErrorObject {
    fn from(error: model::ErrorObject) -> Self {
        let model::ErrorObject { error_type, message, data, stack_trace } = error;
        let stack_trace = Some(stack_trace).filter(|trace| !trace.is_empty());
        Self { error_type, error_message: message, error_data: data, stack_trace }
    }
}

impl From<ErrorObject> for model::ErrorObject {
    fn from(error: ErrorObject) -> Self {
        let ErrorObject { error_type, error_message, error_data, stack_trace } = error;
        Self { error_type, message: error_message, data: error_data, stack_trace: stack_trace.unwrap_or_default() }
    }
}
