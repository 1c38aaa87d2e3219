//! Write an ordinary `async fn`, put `#[durable]` on it and `#[step]` on the lines that touch the world, and it
//! survives crashes, deploys and year-long waits.

mod run;

#[cfg(feature = "cli")]
pub use durable_cli::main;
#[doc(hidden)]
pub use durable_core::__private;
pub use durable_core::engine::remote;
pub use durable_core::engine::{
    Concurrency, Described, Engine, EngineBuilder, EngineError, FunctionInfo, Functions, IntoFunctions, Json, Metrics,
    ParkReason, Paused, ReadOutcome, Run, RunError, StartError, StartExecution, StatusChange, StatusChanges, Typed,
    shutdown_signal,
};
pub use durable_core::model::{
    CallbackId, ErrorObject, Event, EventKind, ExecutionId, ExecutionStatus, Jitter, Retry, Timestamp, days, hours,
    minutes, seconds,
};
pub use durable_core::operation::{
    BatchError, BatchItem, BatchResult, BatchStatus, Branch, Call, Callback, CallbackError, CompletionReason,
    ConditionError, CreateCallback, Definition, Invoke, InvokeByName, InvokeError, Join, Keyed, Map, NoError,
    Operation, Parallel, Race, SelectOk, Sleep, State, Step, StepCall, StepInterrupted, TryJoin, Value,
    WaitForCallback, WaitForCondition, WithRetry, attempt, blocking, child, create_callback, invoke, join, map, now,
    parallel, race, random, select_ok, sleep, try_join, uuid, wait_for_callback, wait_for_condition, wait_until,
    with_retry,
};
pub use durable_core::plan::plan;
pub use durable_core::service::Limits;
pub use durable_core::store::{Cursor, Durability, Query, StoreError, Summary, WaitingOn};
#[cfg(feature = "testing")]
pub use durable_core::testing;
pub use durable_core::value::{
    DurableValue, Encrypt, Error, FileOverflow, Origin, RecordableError, Serdes, SerdesContext, SerdesError,
    SerdesFuture,
};
pub use durable_core::{logging, model, observe, plan, service, store};
/// Makes an `async fn` durable: it survives crashes, deploys and year-long waits.
///
/// Inside, every `.await` performs a recorded operation, `#[step]` marks the lines that touch the world, and an
/// `async` block is a branch. Calling the function gives a `Call`: start it with `engine.start(call)`, await it in
/// another durable function, or `.invoke()` it as an execution of its own.
///
/// Options: `name = "…"`, `version = "…"`, `execution_timeout = "2h"` for executions that are started, or invoked, without
/// a timeout of their own; `retry(…)` and `timeout = "…"` for attempts of its steps, those that hand out the id of a
/// `wait_for_callback` included, that say nothing themselves; and `serdes = …` for whatever its operations record of their
/// own results, unless they say something themselves. `with_retry` and `wait_for_condition` say by themselves how often and
/// how long, an invoke has serdes of its own, and a function that is called has defaults of its own.
///
/// **Recorded:** the function's name and version and its arguments; what its operations record; and its result, or an `Err`
/// as an error. **Replay:** the code runs again from its beginning, and is answered from the record. **Errors:** an `Err` is
/// what the execution ends with; code that no longer performs what is recorded parks the execution.
///
/// ```
/// use durable::Encrypt;
/// use durable::prelude::*;
///
/// async fn charge(cents: u32) -> Result<u32, String> {
///     Ok(cents)
/// }
///
/// // A key for the example; a real one comes from where secrets are kept.
/// #[durable(name = "pay", version = "2", execution_timeout = "2h", serdes = Encrypt::new([7; 32]))]
/// async fn pay_order(cents: u32) -> Result<u32, String> {
///     #[step]
///     let charged = charge(cents).await?;
///     sleep(seconds(1)).await;
///     Ok(charged)
/// }
///
/// /// Its steps do this if they say nothing themselves.
/// #[durable(retry(max_attempts = 3), timeout = "30s")]
/// async fn pay_twice(cents: u32) -> Result<u32, String> {
///     let first = pay_order(cents).await?;
///     #[step]
///     let second = charge(cents).await?;
///     Ok(first + second)
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(pay_twice).start().await?;
/// # assert_eq!(engine.start(pay_twice(20)).await?.output().await?, Ok(40));
/// # Ok(())
/// # }
/// ```
pub use durable_macros::durable;
/// Makes a statement, an expression or a function a step: it runs once, is recorded, and a replay returns the record.
///
/// Options: `name = "…"`, `was = "…"` for the name that a step had before, `key = item.id` to tell one occurrence from
/// others by data, and
/// `retry(max_attempts = 5, initial_delay = "1s", max_delay = "30s", backoff_rate = 2.0, jitter = full)`, where a preset
/// may come first: `none`, `exponential`, `transient`, `resource_availability`, `critical`, `linear` or `fixed`,
/// `if = is_transient` decides by the error, also by the one that an interruption, a panic or a timeout gives, and
/// `only = ["Timeout", "Throttled"]` by the name of its type; `timeout = "30s"` for each attempt;
/// `serdes = …` for the result; `at_most_once` if an interrupted attempt must not run again; `blocking`, on an ordinary
/// `fn`, if the body blocks its thread: it runs on a thread of its own then.
///
/// **Recorded:** the start, and the result or the error of each attempt with the delay before the next. **Replay:** what is
/// recorded; the body does not run. **Errors:** an `Err` of the body is tried again as `retry(…)` says, and the last one is
/// the output.
///
/// ```
/// use std::time::Duration;
///
/// use durable::prelude::*;
/// use durable::{ErrorObject, StepInterrupted};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
/// enum ChargeError {
///     #[error("no answer")]
///     Timeout,
///     #[error("nobody knows whether it was charged")]
///     Unknown,
/// }
///
/// impl From<StepInterrupted> for ChargeError {
///     fn from(_: StepInterrupted) -> Self {
///         Self::Unknown
///     }
/// }
///
/// async fn charge(cents: u32) -> Result<u32, ChargeError> {
///     if cents > 0 { Ok(cents) } else { Err(ChargeError::Timeout) }
/// }
///
/// fn is_transient(error: &ChargeError) -> bool {
///     matches!(error, ChargeError::Timeout)
/// }
///
/// fn patient(_: &ErrorObject, attempt: u32) -> Option<Duration> {
///     (attempt < 3).then_some(Duration::from_secs(60))
/// }
///
/// /// A definition is a step wherever it is awaited.
/// #[step(retry(critical), at_most_once, timeout = "30s")]
/// async fn charge_once(cents: u32) -> Result<u32, ChargeError> {
///     charge(cents).await
/// }
///
/// /// Its body blocks, so it has a thread of its own.
/// #[step(blocking)]
/// fn checksum(text: String) -> usize {
///     text.len()
/// }
///
/// #[durable]
/// async fn pay(cents: u32) -> Result<u32, ChargeError> {
///     #[step(
///         name = "first",
///         retry(max_attempts = 5, initial_delay = "1s", max_delay = "30s", backoff_rate = 2.0, jitter = half)
///     )]
///     let first = charge(cents).await?;
///     #[step(name = "second", was = "again", key = cents, retry(transient, if = is_transient))]
///     let second = charge(cents).await?;
///     #[step(name = "third", retry(linear, increment = "2s", only = ["Timeout"], messages = ["no answer"]))]
///     let third = charge(cents).await?;
///     #[step(name = "fourth", retry(strategy = patient))]
///     let fourth = charge(cents).await?;
///     let sum = checksum("receipt".to_owned()).await as u32 + charge_once(cents).await?;
///     Ok(first + second + third + fourth + sum)
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(pay).start().await?;
/// # assert_eq!(engine.start(pay(1)).await?.output().await?, Ok(12));
/// # Ok(())
/// # }
/// ```
pub use durable_macros::step;
pub use run::run;

#[cfg(feature = "server")]
pub use durable_server as server;

/// What a file of durable functions needs: `use durable::prelude::*;`.
pub mod prelude {
    pub use crate::{
        BatchResult, Callback, CallbackError, CallbackId, Engine, State, StepCall, child, create_callback, days,
        durable, hours, invoke, join, map, minutes, parallel, race, seconds, select_ok, sleep, step, try_join,
        wait_for_callback, wait_for_condition, wait_until, with_retry,
    };
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../docs/observability.md")]
struct Observability;

#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../docs/testing.md")]
struct Testing;
