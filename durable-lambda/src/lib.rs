//! Durable functions on AWS Lambda: the same code that the embedded engine runs, with Lambda's durable execution service
//! as the keeper of its history.
//!
//! ```no_run
//! use durable::prelude::*;
//!
//! async fn brew(coffee: &str) -> String {
//!     format!("a cup of {coffee}")
//! }
//!
//! #[durable]
//! async fn serve(coffee: String) -> String {
//!     #[step]
//!     let cup = brew(&coffee).await;
//!     sleep(minutes(2)).await; // costs nothing: Lambda invokes the function again
//!     cup
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), durable_lambda::RunError> {
//!     durable_lambda::run(serve).await
//! }
//! ```
//!
//! The function is deployed as any Rust function is (`cargo lambda build`, runtime `provided.al2023`), with a
//! `DurableConfig` and permission for `lambda:CheckpointDurableExecution` and `lambda:GetDurableExecutionState`.
//! `examples/lambda-coffee` is a whole project.
//!
//! **Several functions in one binary:** give them all to [`Lambda::new`]; each Lambda function runs the one that its
//! `Handler` names, or else the one that has its own name.
//!
//! **Invoking others:** `.invoke()` invokes the Lambda function that is called like the durable function, and
//! `invoke("name", …)` takes a name or an ARN. Where the deployed name is another, [`Lambda::target`] or the environment
//! variable `DURABLE_TARGET_<name>` says which it is; a durable function has to be invoked with a version or an alias.
//!
//! **What is different from the embedded engine:** the service times, retries and keeps the history, and gives callbacks
//! their ids. An invocation whose code does not fit the history fails the execution, because Lambda runs each execution
//! on the version that it was started with, so another try would end the same way.
//!
//! **What ends an invocation without ending the execution:** a service that does not answer, another invocation that
//! has taken over, or a deadline that comes too near. The service then invokes the function again, and a replay goes on
//! from what is recorded.

mod batch;
mod chain;
mod client;
mod convert;
mod drive;
mod failure;
mod handler;
mod lambda;
mod select;
#[cfg(feature = "testing")]
pub mod testing;

pub use lambda::{Lambda, RunError, is_lambda, run};
pub use select::{InvalidTarget, NoFunction};

#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../docs/testing-deployed.md")]
struct TestingDeployed;
