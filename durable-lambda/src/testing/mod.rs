//! Tests of functions that are deployed: on AWS Lambda, or behind anything that speaks its API.
//!
//! A [`RemoteEngine`] starts an execution through the Lambda API, answers its callbacks, waits for its end and reads its
//! history. What it gives is the [`TestRun`] that the local test engine gives, so one test can ask the same of both. Time is
//! real there: nothing is skipped, mocked or crashed.
//!
//! Credentials come from the environment, and from nowhere else. Those of a profile or of a single sign-on get there by
//! `eval "$(aws configure export-credentials --profile test --format env)"`, and the region by `export AWS_REGION=…`. For any
//! other way set a client up with [`aws_sdk_lambda`], and hand it to [`RemoteEngine::with_client`]: one of
//! [`aws-config`](https://docs.rs/aws-config), say, which reads profiles itself.
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

/// The SDK whose `Client` [`RemoteEngine::with_client`] takes.
pub use aws_sdk_lambda;
pub use durable_core::testing::{Answer, TestRun};
pub use remote::{RemoteEngine, RemoteError};
