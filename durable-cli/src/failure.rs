//! What ends a command other than well, and the exit code for it.

use durable_core::engine::StartError;
use durable_core::store::StoreError;
use durable_server::ServeError;

use crate::program;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The execution that the command waited for did not succeed. What is to be said is said.
    #[error("the execution did not succeed")]
    Execution,
    /// The command can't be meant like this.
    #[error("{0}")]
    Usage(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The service does not answer, or not as it should.
    #[error("{0}")]
    Connection(String),
    /// The state of things forbids it.
    #[error("{0}")]
    Conflict(String),
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The service did not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Nothing can be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// An answer can't be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Failure {
    /// There is no function that is called so.
    pub(crate) fn no_function(wanted: &str) -> Self {
        let program = program::name();
        Self::NotFound(format!("there is no function `{wanted}`\nhelp: `{program} plan` lists those that there are"))
    }

    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Execution => 1,
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::Connection(_) | Self::Store(_) | Self::Start(_) | Self::Serve(_) | Self::Io(_) | Self::Json(_) => 4,
            Self::Conflict(_) => 5,
        }
    }

    /// Whether it is only that nobody reads any more: `durable ls | head -1`.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}
