//! The data model: what an execution consists of, in the words of AWS Lambda durable functions.
//!
//! An **execution** is a log of **events**. The events fold into **operations**, one per recorded act, which is what
//! a run of the code is answered from. A run asks for changes with **updates**.

mod entropy;
mod error;
mod event;
mod id;
mod kind;
mod operation;
mod retry;
mod time;
mod update;

pub use entropy::{Entropy, OsEntropy, SeededEntropy};
pub use error::ErrorObject;
pub use event::{Event, EventKind, Identity};
pub use id::{CallbackId, ExecutionId, InvalidName, Name, OperationId};
pub use kind::{ExecutionStatus, Kind, OperationStatus};
pub use operation::{CallbackDetail, Detail, Operation, State};
pub use retry::{Jitter, Retry};
pub use time::{Clock, SystemClock, Timestamp, TooLong, days, hours, minutes, seconds};
pub(crate) use time::{seconds_up_to, wait_seconds, whole_seconds};
pub use update::{Action, OperationUpdate, Start};
