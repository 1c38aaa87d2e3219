//! The requirements on durable operations: one durable function for each, and the history that it has to leave.
//!
//! A [`Row`] is a requirement: a function, its input, what happens from outside, and the events in the notation of
//! [`pattern`]. [`run`](driver::run) carries a row out on an engine, [`check`](check::check) compares what it left.
//! Each row is carried out twice: in one process, and in processes that are killed whenever an invocation has ended.

mod actual;
pub mod check;
pub mod clock;
pub mod cut;
pub mod driver;
pub mod pattern;
pub mod processes;
mod row;
mod scratch;
mod serdes;
pub mod started;
mod structure;
mod summary;
pub mod witness;

pub use row::{Action, Row, Suite};
pub use scratch::Scratch;

pub mod callback;
pub mod child;
pub mod invoke;
pub mod map;
pub mod parallel;
pub mod plugin;
pub mod step;
pub mod wait;
pub mod wait_for_callback;
pub mod wait_for_condition;

/// All suites, in the order of their numbers.
pub const SUITES: &[Suite] = &[
    step::SUITE,
    wait::SUITE,
    child::SUITE,
    callback::SUITE,
    invoke::SUITE,
    wait_for_condition::SUITE,
    wait_for_callback::SUITE,
    parallel::SUITE,
    map::SUITE,
    plugin::SUITE,
];

/// How many requirements there are in each suite, in the order of their numbers.
pub const TOTALS: &[(&str, u32)] = &[
    ("step", 20),
    ("wait", 5),
    ("child", 18),
    ("callback", 19),
    ("invoke", 16),
    ("wait_for_condition", 13),
    ("wait_for_callback", 15),
    ("parallel", 22),
    ("map", 20),
    ("plugin", 23),
];
