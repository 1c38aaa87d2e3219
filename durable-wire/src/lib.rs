//! The data model of AWS Lambda durable functions as it travels: what a service sends to a function and back, what the
//! HTTP API takes and gives, and how all of it becomes the model of [`durable_core`] and is made from it.
//!
//! | module | what it is |
//! |---|---|
//! | [`envelope`] | the payload of an invocation, and what the function answers |
//! | [`api`] | the bodies of the HTTP API |
//! | [`operation`] | one operation with its details |
//! | [`update`] | one change that a function asks for |
//! | [`event`] | one entry of a history |
//! | [`error`] | an error as it travels |
//! | [`time`] | points in time: milliseconds in an invocation, seconds in the HTTP API |
//!
//! Nothing here does I/O. Fields that are not known are passed over, and fields without a value are not written, so that
//! older and newer services and functions understand each other.
//!
//! ```
//! use durable_wire::envelope::Invocation;
//!
//! let invocation: Invocation = serde_json::from_str(
//!     r#"{ "DurableExecutionArn": "arn:aws:lambda:eu-west-1:1:function:order:1/durable-execution/o-1/5b2f",
//!          "CheckpointToken": "dG9rZW4x",
//!          "InitialExecutionState": { "Operations": [
//!              { "Id": "5b2f", "Type": "EXECUTION", "Status": "STARTED", "StartTimestamp": 1732358656924,
//!                "ExecutionDetails": { "InputPayload": "{\"cups\":2}" } } ] } }"#,
//! )?;
//! let execution = invocation.initial_execution_state.operations[0].execution_details.as_ref();
//! assert_eq!(execution.and_then(|details| details.input_payload.as_deref()), Some(r#"{"cups":2}"#));
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod api;
pub mod envelope;
pub mod error;
pub mod event;
mod kind;
pub mod operation;
pub mod time;
pub mod update;

pub use error::ErrorObject;
pub use event::Event;
pub use kind::EXECUTION;
pub use operation::Operation;
pub use time::{EpochMillis, EpochSeconds};
pub use update::OperationUpdate;

/// Something that arrived and does not fit the data model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A type, sub-type, status or action that is not known.
    #[error("`{id}` has the {what} `{value}`, which is not known")]
    Unknown {
        /// The operation.
        id: String,
        /// What is not known.
        what: &'static str,
        /// What stands there.
        value: String,
    },
    /// A field that has to be there.
    #[error("`{id}` has no {what}")]
    Missing {
        /// The operation.
        id: String,
        /// The field.
        what: &'static str,
    },
    /// A field that must not be there, or not with this value.
    #[error("`{id}`: {what}")]
    Invalid {
        /// The operation.
        id: String,
        /// What is wrong.
        what: String,
    },
}
