//! Code that blocks its thread.

use std::panic::resume_unwind;

use tracing::dispatcher::{get_default, with_default};
use tracing::{Dispatch, Span};

use super::attempts::on_attempt;

/// Runs code that blocks its thread on a thread made for that, and waits for its result.
///
/// An engine drives many executions on each of its threads, so a step that computes for seconds, or reads a file with
/// `std::fs`, holds the others up. Call this in the step:
///
/// ```
/// # struct Image;
/// # impl Image { fn scale(self, _: u32) -> Self { self } }
/// async fn thumbnail(image: Image) -> Image {
///     durable::blocking(move || image.scale(64)).await
/// }
/// ```
///
/// A step that is an ordinary `fn` says it in its attribute: `#[step(blocking)] fn thumbnail(image: Image) -> Image { … }`.
///
/// There, [`attempt`](super::attempt) and log lines are those of the step.
///
/// **Recorded:** nothing; it is the step around it that is recorded. **Errors:** a panic goes on in the caller.
///
/// Code that runs when its step's timeout is over can't be interrupted; its result is dropped.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (span, subscriber) = (Span::current(), get_default(Dispatch::clone));
    let work = on_attempt(work);
    let work = move || with_default(&subscriber, || span.in_scope(work));
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is going away, and with it whoever waits.
            Err(_) => std::future::pending().await,
        },
    }
}
