//! A stand-in for AWS Lambda, and what durable functions have to do behind it.
//!
//! [`Lambda`] starts the processes of functions and speaks the Runtime API with them, as Lambda does; the durable
//! execution service is another's: AWS's emulator, or our own.

mod api;
mod environment;
pub mod faults;
pub mod fleet;
pub mod handlers;
mod lambda;
mod plugins;
pub mod remote;
pub mod service;
pub mod shown;
pub mod twins;

pub use api::{Api, ApiError, encoded};
pub use environment::{Failed, FunctionError};
pub use lambda::{Lambda, Program};
pub use plugins::plugged;
