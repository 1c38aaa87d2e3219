//! The integration tests of the facade, in one binary.

mod batches;
mod callbacks;
mod clocks;
mod combinators;
mod concurrency;
mod corpus;
mod engine;
mod errors;
mod example;
mod history;
mod invokes;
mod limits;
mod lints;
mod logging;
mod pauses;
mod plans;
mod remote;
mod replay;
mod residents;
mod serdes;
mod shutdown;
mod steps;
mod ui;
mod versions;
