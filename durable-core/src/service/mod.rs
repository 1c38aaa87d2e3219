//! The service machine: one execution's state × a command × now → history.
//!
//! > Everything that happens to an execution is a [`Record`]; its state is what the records fold into.
//!
//! [`Execution::apply`] decides which records a command adds and folds them in at once; [`Execution::restore`] folds
//! recorded ones the same way. There is no clock, no randomness and no I/O. Whoever owns an execution stores the
//! records before it acts on them, and drops the execution if that fails:
//!
//! ```text
//! let applied = execution.apply(command, now)?;
//! store(applied.records).await?;
//! ```

mod batch;
mod callback_key;
mod command;
mod decide;
mod execution;
mod fold;
mod limits;
mod pause;
mod record;
#[cfg(test)]
mod tests;
mod undo;
mod wake;

pub use callback_key::CallbackKey;
pub use command::{Applied, Command, Refused, Token};
pub use execution::{Execution, Invoked, Outcome, Parent, Resumed, Spec, Standing};
pub use limits::Limits;
pub(crate) use limits::check_tenant;
#[cfg(feature = "testing")]
pub(crate) use limits::{OPERATION_LIMIT, STORAGE_LIMIT};
pub use record::{Corrupt, Record};
pub use wake::Waits;
