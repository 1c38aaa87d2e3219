//! The workloads, written once for every side of the comparison.
//!
//! A side says how it opens, starts an execution, knows its end and answers what one waits for ([`Side`]). What is done with
//! that, and how it is timed, is the same for all ([`workload`]). A side's program runs one workload on an empty folder and
//! prints one line of JSON.

mod job;
mod marks;
mod process;
mod side;
mod workload;

pub use job::{Figures, Job, Workload, report};
pub use marks::{asleep, awake, passed, step, waiting};
pub use side::{End, Side, Work, run};
