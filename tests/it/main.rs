//! The integration tests of the facade, in one binary.

mod callbacks;
mod engine;
mod errors;
mod example;
mod history;
mod replay;
mod steps;
mod ui;
