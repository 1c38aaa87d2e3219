//! The machinery behind `durable`: what generated code targets, how a run is replayed, how an execution's history
//! grows, and the embedded engine that drives executions on a store.
//!
//! Applications depend on the facade crate `durable`. This crate is split by stage, and each stage only uses the ones
//! before it:
//!
//! | module | what it is | I/O |
//! |---|---|---|
//! | [`model`] | ids, operations, updates, events, errors | none |
//! | [`value`] | how results and errors become text and come back | none |
//! | `replay` | recorded operations + what the code performs → resolved, new updates, or a mismatch | none |
//! | [`service`] | one execution's state × a command × now → history | none |
//! | [`operation`] | what user code awaits | runs user code |
//! | `invocation` | one run of a durable function, as a machine that asks for checkpoints | runs user code |
//! | [`observe`], [`logging`] | told of it, and which lines are news | calls user code |
//! | [`store`] | keeps histories: in memory, in SQLite | disk |
//! | [`engine`] | invokes, times, recovers | threads |
//! | [`host`] | the same runs for a service that is elsewhere | runs user code |

mod context;
mod invocation;
mod replay;
#[cfg(test)]
mod simulation;

pub mod engine;
pub mod host;
pub mod logging;
pub mod model;
pub mod observe;
pub mod operation;
pub mod plan;
pub mod service;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
