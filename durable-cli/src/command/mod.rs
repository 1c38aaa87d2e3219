//! The commands, one file each: what is said on the command line, asked, and shown.

pub(crate) mod callback;
pub(crate) mod completions;
pub(crate) mod delete;
mod follow;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod local;
pub(crate) mod ls;
pub(crate) mod pause;
pub(crate) mod plan;
pub(crate) mod resume;
pub(crate) mod serve;
pub(crate) mod start;
pub(crate) mod stop;
pub(crate) mod trace;

use durable_wire::ErrorObject;

use crate::args::ErrorArgs;

impl ErrorArgs {
    /// The error, with a type and a message of its own if none are given.
    fn into_error(self, default_type: &str, default_message: &str) -> ErrorObject {
        let Self { error_message, error_type, error_data, stack_trace } = self;
        ErrorObject {
            error_type: Some(error_type.unwrap_or_else(|| default_type.to_owned())),
            error_message: Some(error_message.unwrap_or_else(|| default_message.to_owned())),
            error_data,
            stack_trace: Some(stack_trace).filter(|lines| !lines.is_empty()),
        }
    }
}
