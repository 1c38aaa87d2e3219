//! The command line of `durable`: start, watch and mend durable executions from a terminal.
//!
//! The binary `durable` asks a service that runs (`--endpoint`, `DURABLE_ENDPOINT`), or reads a store file (`--store
//! orders.db`), also while an engine has it open. A program gets the same command line for its own functions with
//! [`main`]:
//!
//! ```no_run
//! use durable::prelude::*;
//!
//! #[durable]
//! async fn place_order(item: String) -> String {
//!     sleep(hours(12)).await;
//!     item
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::process::ExitCode {
//!     durable_cli::main(Engine::open("orders.db").register(place_order)).await
//! }
//! ```
//!
//! Then `orders serve` runs the engine and its service, and from another terminal `orders start place_order '"tea"'`,
//! `orders ls`, `orders trace order-42` and the others talk with it.
//!
//! On a terminal there are tables, in a pipe there is JSON. Exit codes: 0 all is well, 1 the execution failed, 2 the
//! command is wrong, 3 there is no such thing, 4 the service or the store can't be reached, 5 the state of things
//! forbids it.

mod args;
mod command;
mod failure;
mod output;
mod program;
mod render;
mod run;
mod source;
mod span;

pub use run::{main, markdown, run};
