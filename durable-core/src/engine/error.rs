//! What an engine answers when it can't do what it was asked.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use super::parking::ParkReason;
use crate::model::{ErrorObject, ExecutionId, Name, TooLong};
use crate::service::Refused;
use crate::store::StoreError;
use crate::value::CodecError;

/// Why an engine did not start.
///
/// See [`EngineBuilder::start`](super::EngineBuilder::start) for an example.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Functions ask for state that the engine was not given.
    #[error("missing application state: {}; give it with `.state(…)` before `.start()`", .missing.join(", "))]
    MissingState {
        /// Each missing type with the function that asks for it.
        missing: Vec<String>,
    },
    /// Two functions have one name.
    #[error(
        "two functions are registered as `{0}`: give one of them another name with `#[durable(name = \"…\")]`, or each its version with `#[durable(version = \"…\")]`"
    )]
    DuplicateFunction(Cow<'static, str>),
    /// The executions of a function would have a timeout of more than 366 days.
    #[error(
        "the timeout of `{function}`'s executions: {source}\nhelp: give it at most 366 days, or none: without one an execution may run for ever"
    )]
    TimeoutTooLong {
        /// The function.
        function: Cow<'static, str>,
        /// By how much.
        #[source]
        source: TooLong,
    },
    /// A limit was set for a function that the engine does not have.
    #[error("a limit was set for `{0}`, which is not registered: add `.register({0})`")]
    LimitOfUnknown(&'static str),
    /// The system gave no thread.
    #[error("a thread could not be started: {0}")]
    Thread(#[source] std::io::Error),
}

/// Why a request to an engine did nothing.
///
/// ```
/// use durable::EngineError;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(order).start().await?;
/// engine.start(order(21)).name("order-42").await?;
/// // The same name with other arguments is another order.
/// let refused = engine.start(order(22)).name("order-42").await;
/// assert!(matches!(refused, Err(EngineError::NameTaken { .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such function is registered.
    #[error("no durable function `{name}` is registered; add `.register({name})` to the engine (registered: {})", .registered.join(", "))]
    UnknownFunction {
        /// The function that was asked for.
        name: String,
        /// Those that there are.
        registered: Vec<String>,
    },
    /// The function was started with this name before, with other arguments.
    #[error(
        "`{function}` was started as `{name}` before with other arguments (execution {execution}): use another name, or the same arguments to get that execution"
    )]
    NameTaken {
        /// The function.
        function: Name,
        /// The name.
        name: Name,
        /// Who has it.
        execution: ExecutionId,
    },
    /// An execution's name must be 1–64 characters of `[a-zA-Z0-9-_]`.
    #[error("{0:?} can't name an execution: use 1 to 64 letters, digits, `-` and `_`")]
    InvalidExecutionName(String),
    /// An execution's timeout must be at most 366 days.
    #[error(
        "an execution's timeout: {0}\nhelp: give it at most 366 days, or none: without one an execution may run for ever"
    )]
    TimeoutTooLong(#[source] TooLong),
    /// A value does not serialise.
    #[error("{0}")]
    Unserialisable(#[source] CodecError),
    /// The arguments are not those of the function.
    #[error("these are not arguments of `{function}`: {source}")]
    InvalidInput {
        /// The function.
        function: Name,
        /// What is wrong.
        #[source]
        source: CodecError,
    },
    /// There is no such execution.
    #[error("there is no execution {0}")]
    UnknownExecution(ExecutionId),
    /// Only what has ended can be deleted.
    #[error("execution {0} has not ended: stop it first")]
    StillRunning(ExecutionId),
    /// The execution that started it has yet to learn of its end.
    #[error("execution {0} has ended, and the one that started it does not know yet: delete it a little later")]
    EndNotTold(ExecutionId),
    /// There is no such callback.
    #[error("there is no such callback: check that the id is complete and of this store")]
    UnknownCallback,
    /// The execution's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A function of this process has the name already.
    #[error("`{0}` is a function of this process: give the one elsewhere another name")]
    DuplicateFunction(Name),
    /// The engine was shut down.
    #[error("the engine is shut down")]
    ShutDown,
}

/// Why an execution gave no value: its function returned `E`, or it did not return.
///
/// ```
/// use durable::RunError;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn order(number: u32) -> Result<u32, String> {
///     sleep(hours(1)).await;
///     Ok(number * 2)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(order).start().await?;
/// let run = engine.start(order(21)).timeout(seconds(1)).await?;
/// match run.result().await {
///     Ok(total) => println!("{total}"),
///     Err(RunError::Returned(refusal)) => println!("refused: {refusal}"),
///     Err(RunError::TimedOut(_)) => println!("too late"),
///     Err(error) => return Err(error.into()),
/// }
/// # assert!(matches!(run.result().await, Err(RunError::TimedOut(_))));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError<E = Infallible> {
    /// The function returned this error.
    Returned(E),
    /// The execution failed with an error that the function's type has no place for: a panic in a step, say.
    Failed(ErrorObject),
    /// It did not end within its timeout.
    TimedOut(ErrorObject),
    /// Someone stopped it.
    Stopped(ErrorObject),
    /// It can't go on with this code; nothing is lost.
    Parked(ParkReason),
    /// What it returned can't be read as the function's type.
    Unreadable(CodecError),
    /// The engine could not tell.
    Engine(EngineError),
}

impl RunError {
    /// The same, for a function that could have returned an `E`.
    pub(crate) fn widen<E>(self) -> RunError<E> {
        match self {
            Self::Returned(never) => match never {},
            Self::Failed(error) => RunError::Failed(error),
            Self::TimedOut(error) => RunError::TimedOut(error),
            Self::Stopped(error) => RunError::Stopped(error),
            Self::Parked(reason) => RunError::Parked(reason),
            Self::Unreadable(error) => RunError::Unreadable(error),
            Self::Engine(error) => RunError::Engine(error),
        }
    }
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(error) => error.fmt(f),
            Self::Failed(error) => error.fmt(f),
            Self::TimedOut(error) => error.fmt(f),
            Self::Stopped(error) => write!(f, "stopped: {error}"),
            Self::Parked(reason) => write!(f, "parked: {reason}"),
            Self::Unreadable(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> std::error::Error for RunError<E> {}
