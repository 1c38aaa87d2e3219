//! Tests of functions that are deployed: on AWS Lambda, or behind anything that speaks its API.
//!
//! A [`RemoteEngine`] starts an execution through the Lambda API, answers its callbacks, waits for its end and reads its
//! history. What it gives is the [`TestRun`] that the local test engine gives, so one test can ask the same of both. Time is
//! real there: nothing is skipped, mocked or crashed.
//!
//! ```no_run
//! use durable::prelude::*;
//! use durable::testing::Answer;
//! use durable_lambda::testing::RemoteEngine;
//!
//! #[durable]
//! async fn sign(order: u32) -> Result<String, durable::CallbackError> {
//!     let signature = wait_for_callback(async |_id| ()).timeout(hours(1)).await_callback::<String>()?;
//!     Ok(format!("order {order} signed by {signature}"))
//! }
//!
//! #[tokio::test]
//! async fn a_deployed_order_is_signed() -> Result<(), durable_lambda::testing::RemoteError> {
//!     let engine = RemoteEngine::new("sign").qualifier("live");
//!     let run = engine.on_callback("signature", |_id| Answer::succeed("M. Curie")).run(sign(7)).await?;
//!     assert_eq!(run.result().unwrap(), "order 7 signed by M. Curie");
//!     Ok(())
//! }
//! # fn main() {}
//! ```

mod event;
mod remote;

pub use durable_core::testing::{Answer, TestRun};
pub use remote::{RemoteEngine, RemoteError};
