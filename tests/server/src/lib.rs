//! A function process on AWS's own runtime for Rust, a server that can be killed, and how tests speak with it.

pub mod asked;
pub mod client;
pub mod sdk;
