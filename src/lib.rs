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
};
pub use durable_core::model::{
    CallbackId, ErrorObject, Event, EventKind, ExecutionId, ExecutionStatus, Jitter, Retry, Timestamp, days, hours,
    minutes, seconds,
};
pub use durable_core::operation::{
    BatchError, BatchItem, BatchResult, Branch, Call, Callback, CallbackError, CompletionReason, ConditionError,
    CreateCallback, Definition, Invoke, InvokeByName, InvokeError, Join, Keyed, Map, Operation, Parallel, Race,
    SelectOk, Sleep, State, Step, StepCall, StepInterrupted, TryJoin, Value, WaitForCallback, WaitForCondition,
    WithRetry, attempt, blocking, child, create_callback, invoke, join, map, now, parallel, race, random, select_ok,
    sleep, try_join, uuid, wait_for_callback, wait_for_condition, wait_until, with_retry,
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
pub use durable_macros::{durable, step};
pub use run::{Failure, run};

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
