//! Write an ordinary `async fn`, put `#[durable]` on it and `#[step]` on the lines that touch the world, and it
//! survives crashes, deploys and year-long waits.

#[doc(hidden)]
pub use durable_core::__private;
pub use durable_core::engine::{
    Engine, EngineBuilder, EngineError, ParkReason, Run, RunError, StartError, StartExecution,
};
pub use durable_core::model::{
    CallbackId, ErrorObject, Event, EventKind, ExecutionId, ExecutionStatus, Jitter, Retry, Timestamp, days, hours,
    minutes, seconds,
};
pub use durable_core::operation::{
    Branch, Call, Callback, CallbackError, CreateCallback, Definition, Join, Operation, Sleep, State, Step, StepCall,
    WaitForCallback, create_callback, join, sleep, wait_for_callback,
};
pub use durable_core::store::{Query, StoreError, Summary};
pub use durable_core::value::{DurableValue, Error, RecordableError};
pub use durable_core::{model, service, store};
pub use durable_macros::{durable, step};

/// What a file of durable functions needs: `use durable::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Callback, CallbackError, CallbackId, Engine, State, StepCall, create_callback, days, durable, hours, join,
        minutes, seconds, sleep, step, wait_for_callback,
    };
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
