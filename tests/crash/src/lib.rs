//! A durable function with everything in it that a crash can hit, and the world that its steps touch.
//!
//! The world is a ledger: a file outside of the store, one line for each thing that happened, appended with a single
//! `write`. A killed process leaves its lines behind, so ledger and history can be compared.

mod clock;
mod ledger;
mod memory;
mod order;

pub use clock::WrongClock;
pub use ledger::{Entry, Ledger};
pub use memory::resident_kib;
pub use order::{inspect, order, reference, steps};
