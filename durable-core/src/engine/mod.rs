//! The embedded engine: invokes, times, recovers.
//!
//! Each execution that has something to do is driven by one task on one worker thread (`actor`); all of them hand
//! their checkpoints to one writer thread, which stores many in one write (`writer`). An execution that only waits
//! costs no task: its next due time is kept in one ordered set (`timers`), and a message for it brings its task back
//! from the store.

mod actor;
mod birth;
mod black_box;
mod builder;
mod callbacks;
mod describe;
mod driven;
mod error;
mod function;
mod functions;
mod known;
mod limits;
mod liveness;
mod look;
mod mailbox;
mod metrics;
mod parking;
mod pausing;
mod plain;
mod recovery;
#[cfg(feature = "testing")]
mod rehearsal;
pub mod remote;
mod remote_calls;
mod residents;
mod retention;
mod run;
mod shared;
mod signal;
mod start;
mod status;
mod stopwatch;
mod timers;
mod upkeep;
mod waiters;
mod watchdog;
mod worker;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use builder::EngineBuilder;
pub use describe::{Described, FunctionInfo, Paused};
pub use error::{EngineError, RunError, StartError};
pub use function::DurableFunction;
pub(crate) use function::Registry;
pub(crate) use functions::Ready;
pub use functions::{Functions, IntoFunctions, Several, Single};
pub use limits::Concurrency;
pub use metrics::Metrics;
pub use parking::ParkReason;
#[cfg(feature = "testing")]
pub(crate) use rehearsal::{Cast, Replayed};
pub use run::{Json, ReadOutcome, Run, Typed};
pub use signal::shutdown_signal;
pub use start::StartExecution;
pub use status::{StatusChange, StatusChanges};

use shared::{Handle, Shared};

use crate::model::ExecutionId;
use crate::operation::{Call, Definition};
use crate::store::{Glance, Store};

/// Drives durable functions. Clones are handles to the same engine; dropping the last one stops it at once, as
/// [`Engine::shutdown_within`] no time.
///
/// Stopping loses nothing: what was recorded is recorded, and the next engine on the same store goes on from there.
///
/// See [`Engine::start`] for an example.
#[derive(Clone)]
pub struct Engine {
    handle: Arc<Handle>,
}

impl Engine {
    /// An engine on a store file, which is created if there is none. See [`EngineBuilder`] for an example:
    /// `Engine::open("orders.db")`.
    pub fn open(path: impl AsRef<Path>) -> EngineBuilder {
        EngineBuilder::on_file(path.as_ref().to_path_buf())
    }

    /// An engine that forgets everything with the process.
    pub fn in_memory() -> EngineBuilder {
        EngineBuilder::in_memory()
    }

    /// An engine on any store.
    pub fn on_store(store: Arc<dyn Store>) -> EngineBuilder {
        EngineBuilder::on_store(store)
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// Starts an execution of a durable function: `engine.start(place_order(order)).name("order-42").await?`.
    ///
    /// **Recorded** before this returns: the function, the arguments and the name. Starting with a name that the
    /// function has been started with before gives the same execution, or [`EngineError::NameTaken`] if the arguments
    /// differ.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let run = engine.start(order(21)).name("order-42").await?;
    /// assert_eq!(run.output().await?, 42);
    /// // The same name and arguments are the same execution, however often it is started.
    /// assert_eq!(engine.start(order(21)).name("order-42").await?.id(), run.id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn start<D: Definition>(&self, call: Call<D>) -> StartExecution<run::Typed<D>> {
        StartExecution::typed(self.clone(), call)
    }

    /// Starts an execution of a registered function by its name, with its arguments as JSON.
    ///
    /// One argument is its own JSON; several are an object with the parameters' names as keys.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let run = engine.start_json("order", "21").await?;
    /// assert_eq!(run.output().await?, "42");
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_json(&self, function: &str, input: &str) -> StartExecution<run::Json> {
        StartExecution::json(self.clone(), function, input)
    }

    /// An execution that was started before, by this process or an earlier one, to wait for its result.
    ///
    /// **Errors:** [`EngineError::UnknownExecution`], also if it is another function's.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let id = engine.start(order(21)).await?.id();
    /// assert_eq!(engine.attach(order, id).await?.output().await?, 42);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn attach<A, F: DurableFunction<A>>(
        &self,
        _function: F,
        id: ExecutionId,
    ) -> Result<Run<run::Typed<F::Definition>>, EngineError> {
        let Glance { function, .. } = self.glance(id).await?;
        if function.as_str() != F::Definition::define().function.name() {
            return Err(EngineError::UnknownExecution(id));
        }
        Ok(Run::new(self.clone(), id))
    }

    /// The same for an execution of any function, whose result is read as JSON.
    ///
    /// **Errors:** [`EngineError::UnknownExecution`].
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let id = engine.start(order(21)).await?.id();
    /// assert_eq!(engine.attach_json(id).await?.output().await?, "42");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn attach_json(&self, id: ExecutionId) -> Result<Run<run::Json>, EngineError> {
        self.glance(id).await?;
        Ok(Run::new(self.clone(), id))
    }

    /// Stops the engine and returns when its threads have ended and the store is closed.
    ///
    /// No step begins any more; those that run may end, for up to 30 seconds. See [`Engine::shutdown_within`].
    pub async fn shutdown(self) {
        self.shutdown_within(Duration::from_secs(30)).await;
    }

    /// Stops the engine and returns when its threads have ended and the store is closed.
    ///
    /// No step begins any more; those that run may end for as long as this. Then executions are suspended where they
    /// are, and go on when an engine starts on the same store. A step that takes longer is interrupted, as by a crash. A read
    /// of the store that has begun is waited for, however long it takes.
    pub async fn shutdown_within(self, deadline: Duration) {
        let shared = Arc::clone(self.shared());
        shared.drain();
        // What is not done by then is interrupted.
        let _ = tokio::time::timeout(deadline, shared.active.none()).await;
        // A join error would mean that waiting itself panicked; the engine is stopped all the same.
        let _ = tokio::task::spawn_blocking(move || shared.stop_and_join()).await;
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
