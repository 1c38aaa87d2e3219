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
mod describe;
mod driven;
mod error;
mod function;
mod functions;
mod known;
mod limits;
mod liveness;
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
mod start;
mod status;
mod stopwatch;
mod timers;
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
pub use start::StartExecution;
pub use status::{StatusChange, StatusChanges};

use mailbox::Message;
use serde::Serialize;
use shared::{Handle, Shared};

use crate::model::{CallbackId, ErrorObject, Event, EventKind, ExecutionId, Name};
use crate::operation::{Call, Definition};
use crate::service::{Record, Standing};
use crate::store::{Commit, Query, Store, Stored, Summary, Trouble};
use crate::value::to_json;

/// Drives durable functions. Clones are handles to the same engine; dropping the last one stops it at once, as
/// [`Engine::shutdown_within`] no time.
///
/// Stopping loses nothing: what was recorded is recorded, and the next engine on the same store goes on from there.
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
        let Stored { spec, .. } = self.load(id).await?;
        if spec.function.as_str() != F::Definition::FUNCTION.name() {
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
        self.standing(id).await?;
        Ok(Run::new(self.clone(), id))
    }

    /// The execution's whole history, oldest event first.
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
    /// let run = engine.start(order(21)).await?;
    /// run.output().await?;
    /// let events: Vec<_> = engine.history(run.id()).await?.iter().map(|event| event.kind.event_type()).collect();
    /// assert_eq!(events, ["ExecutionStarted", "InvocationCompleted", "ExecutionSucceeded"]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn history(&self, id: ExecutionId) -> Result<Vec<Event>, EngineError> {
        let key = self.shared().key.clone();
        let events = self.load(id).await?.into_events().into_iter();
        Ok(events
            .map(|mut event| {
                if let (EventKind::CallbackStarted { callback_id, .. }, Some(operation)) =
                    (&mut event.kind, &event.operation)
                {
                    *callback_id = Some(key.derive(id, &operation.id));
                }
                event
            })
            .collect())
    }

    /// Executions, newest first.
    ///
    /// **Errors:** [`EngineError::Store`]; that there are none is an empty list.
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::{ExecutionStatus, Query};
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
    /// run.output().await?;
    /// let ended = engine.list(Query::new().status(ExecutionStatus::Succeeded).name_prefix("order-")).await?;
    /// assert_eq!(ended[0].id, run.id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(&self, query: Query) -> Result<Vec<Summary>, EngineError> {
        self.shared().read(move |store| store.list(&query)).await
    }

    /// The execution of `function` with this name.
    ///
    /// **Errors:** [`EngineError::Store`]; that there is none is `None`.
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
    /// assert_eq!(engine.find("order", "order-42").await?, Some(run.id()));
    /// assert_eq!(engine.find("order", "order-43").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find(&self, function: &str, name: &str) -> Result<Option<ExecutionId>, EngineError> {
        let (Ok(function), Ok(name)) = (Name::new(function.to_owned()), Name::new(name.to_owned())) else {
            return Ok(None);
        };
        self.shared().read(move |store| store.find(&function, &name)).await
    }

    /// Running executions that nothing will ever wake, or that should run and nobody drives. There are none: whatever is
    /// in here shows a bug in this crate, and is worth an alarm. [`Metrics::stranded`] counts them from time to time.
    ///
    /// **Errors:** [`EngineError::Store`].
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn order() {
    ///     sleep(days(3)).await;
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// engine.start(order()).await?;
    /// assert!(engine.stranded().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stranded(&self) -> Result<Vec<ExecutionId>, EngineError> {
        liveness::stranded(self.shared()).await
    }

    /// Lets a parked execution run again, with what is known of its crashes forgotten.
    ///
    /// **Recorded:** that nothing is held against it. **Errors:** [`EngineError::UnknownExecution`]; one that is not parked is
    /// left as it is. See [`Engine::parked`] for an example.
    pub async fn unpark(&self, id: ExecutionId) -> Result<(), EngineError> {
        self.standing(id).await?;
        let note = Commit { trouble: Some(Trouble::default()), ..Commit::new(id) };
        self.shared().writer.commit(vec![note]).await.ok_or(EngineError::ShutDown)??;
        self.shared().parking.unpark(id);
        self.shared().deliver(id, Message::Wake);
        Ok(())
    }

    /// Why an execution is parked, if it is: it is not driven, and loses nothing.
    ///
    /// What does not fit the code is tried again when an engine starts anew, or by [`Engine::unpark`]; an execution
    /// that ended five processes in a row, or twelve where nothing shows who did, only by the latter. [`Query::parked`] lists
    /// them.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use durable::RunError;
    /// use durable::prelude::*;
    /// use durable::store::{MemoryStore, Store};
    ///
    /// mod before {
    ///     # use super::*;
    ///     #[durable(name = "order")]
    ///     pub async fn order() {
    ///         sleep(seconds(1)).named("a-moment").await;
    ///     }
    /// }
    ///
    /// mod after {
    ///     # use super::*;
    ///     #[durable(name = "order")]
    ///     pub async fn order() {
    ///         sleep(seconds(1)).named("another").await;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store: Arc<dyn Store> = Arc::new(MemoryStore::new()?);
    /// let engine = Engine::on_store(Arc::clone(&store)).register(before::order).start().await?;
    /// let id = engine.start(before::order()).await?.id();
    /// engine.shutdown().await;
    ///
    /// let engine = Engine::on_store(store).register(after::order).start().await?;
    /// let run = engine.attach(after::order, id).await?;
    /// if let Err(RunError::Parked(reason)) = run.output().await {
    ///     assert!(engine.parked(id).is_some_and(|parked| parked.as_str() == reason.as_str()));
    ///     // It would be parked again, as the code is still another.
    ///     engine.unpark(id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn parked(&self, id: ExecutionId) -> Option<ParkReason> {
        self.shared().parking.reason(id)
    }

    /// Completes a callback with a value, which is recorded as JSON. The first completion wins.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.complete_callback(&id, &true).await?;
    /// assert_eq!(run.output().await?, Ok(true));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn complete_callback<T: Serialize + ?Sized>(
        &self,
        id: &CallbackId,
        value: &T,
    ) -> Result<(), EngineError> {
        let payload = to_json(&value).map_err(EngineError::Unserialisable)?;
        self.complete_callback_with(id, payload).await
    }

    /// Completes a callback with text, which is recorded as it is. The first completion wins.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.complete_callback_with(&id, Some("true".to_owned())).await?;
    /// assert_eq!(run.output().await?, Ok(true));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn complete_callback_with(&self, id: &CallbackId, payload: Option<String>) -> Result<(), EngineError> {
        let (execution, operation) = self.find_callback(id).await?;
        let ask = |reply| Message::Complete { operation, outcome: Ok(payload), reply };
        self.shared().ask(execution, ask).await
    }

    /// Completes a callback with an error. The first completion wins.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::ErrorObject;
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.fail_callback(&id, ErrorObject::new("Closed", "come back tomorrow")).await?;
    /// assert!(matches!(run.output().await?, Err(CallbackError::Failed(error)) if error.is("Closed")));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn fail_callback(&self, id: &CallbackId, error: ErrorObject) -> Result<(), EngineError> {
        let (execution, operation) = self.find_callback(id).await?;
        let ask = |reply| Message::Complete { operation, outcome: Err(error), reply };
        self.shared().ask(execution, ask).await
    }

    /// Keeps a callback with a heartbeat timeout alive for another such time.
    ///
    /// **Recorded** before this returns. **Errors:** [`EngineError::UnknownCallback`], and [`EngineError::Refused`] if it was
    /// completed, has timed out, or its execution has ended.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Desk(tokio::sync::mpsc::UnboundedSender<CallbackId>);
    ///
    /// #[durable]
    /// async fn approval(State(desk): State<Desk>) -> Result<bool, CallbackError> {
    ///     let approved = wait_for_callback(async |id| desk.0.send(id).map_err(|_| "the desk is closed"));
    ///     approved.heartbeat_timeout(hours(1)).await_callback::<bool>()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (desk, mut ids) = tokio::sync::mpsc::unbounded_channel();
    /// let engine = Engine::in_memory().register(approval).state(Desk(desk)).start().await?;
    /// let run = engine.start(approval()).await?;
    /// let id = ids.recv().await.ok_or("nobody asks")?;
    /// engine.heartbeat_callback(&id).await?;
    /// engine.complete_callback(&id, &true).await?;
    /// assert_eq!(run.output().await?, Ok(true));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn heartbeat_callback(&self, id: &CallbackId) -> Result<(), EngineError> {
        let (execution, operation) = self.find_callback(id).await?;
        self.shared().ask(execution, |reply| Message::Heartbeat { operation, reply }).await
    }

    /// News of executions that begin and end, from now on.
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::ExecutionStatus;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let mut changes = engine.status_changes();
    /// engine.start(order(21)).await?;
    /// let (began, ended) = (changes.next().await, changes.next().await);
    /// assert_eq!(began.map(|change| change.status), Some(ExecutionStatus::Running));
    /// assert_eq!(ended.map(|change| change.status), Some(ExecutionStatus::Succeeded));
    /// # Ok(())
    /// # }
    /// ```
    pub fn status_changes(&self) -> StatusChanges {
        self.shared().status.subscribe()
    }

    /// What the engine has done since it started, and what it holds now.
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
    /// engine.start(order(21)).await?.output().await?;
    /// assert_eq!(engine.metrics().runs, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn metrics(&self) -> Metrics {
        self.shared().metrics.read(self.shared().parking.count())
    }

    /// Deletes an execution that has ended, with its history; its name is free then.
    ///
    /// **Errors:** [`EngineError::UnknownExecution`], [`EngineError::StillRunning`]; [`EngineError::EndNotTold`] for one that
    /// another execution has started and waits for, until that one knows.
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
    /// run.output().await?;
    /// engine.delete(run.id()).await?;
    /// assert_eq!(engine.find("order", "order-42").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(&self, id: ExecutionId) -> Result<(), EngineError> {
        let (Standing { status, unreported, .. }, _) = self.standing(id).await?;
        if !status.is_terminal() {
            return Err(EngineError::StillRunning(id));
        }
        if unreported {
            return Err(EngineError::EndNotTold(id));
        }
        self.shared().read(move |store| store.delete(&[id])).await
    }

    /// Stops an execution: nothing of it is recorded or run any more.
    ///
    /// A step that runs is dropped at its next `.await`, and what it would have given is not recorded; one on a thread of
    /// its own (`#[step(blocking)]`) runs to its end unheard. Executions that it has invoked are executions of their own:
    /// they go on, and nobody waits for them any more; [`Engine::list`] finds them, to be stopped as well.
    ///
    /// **Recorded:** an `ExecutionStopped` with the reason, cut to what [`Limits::result_bytes`] allows. **Errors:**
    /// [`EngineError::Refused`] if it has ended, [`EngineError::UnknownExecution`].
    ///
    /// [`Limits::result_bytes`]: crate::service::Limits::result_bytes
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::{ErrorObject, RunError};
    ///
    /// #[durable]
    /// async fn order() {
    ///     sleep(days(3)).await;
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let run = engine.start(order()).await?;
    /// engine.stop(run.id(), ErrorObject::new("Cancelled", "the customer has changed her mind")).await?;
    /// assert!(matches!(run.output().await, Err(RunError::Stopped(_))));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stop(&self, id: ExecutionId, reason: ErrorObject) -> Result<(), EngineError> {
        self.shared().ask(id, |reply| Message::Stop { error: reason, reply }).await
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
    /// are, and go on when an engine starts on the same store. A step that takes longer is interrupted, as by a crash.
    pub async fn shutdown_within(self, deadline: Duration) {
        let shared = Arc::clone(self.shared());
        shared.drain();
        // What is not done by then is interrupted.
        let _ = tokio::time::timeout(deadline, shared.active.none()).await;
        // A join error would mean that waiting itself panicked; the engine is stopped all the same.
        let _ = tokio::task::spawn_blocking(move || shared.stop_and_join()).await;
    }

    pub(super) async fn standing(&self, id: ExecutionId) -> Result<(Standing, Vec<Record>), EngineError> {
        let standing = self.shared().read(move |store| store.standing(id)).await?;
        standing.ok_or(EngineError::UnknownExecution(id))
    }

    pub(crate) async fn load(&self, id: ExecutionId) -> Result<Stored, EngineError> {
        let stored = self.shared().read(move |store| store.load(id)).await?;
        stored.ok_or(EngineError::UnknownExecution(id))
    }

    async fn find_callback(&self, id: &CallbackId) -> Result<(ExecutionId, crate::model::OperationId), EngineError> {
        let hash = id.hash();
        let found = self.shared().read(move |store| store.find_callback(&hash)).await?;
        found.ok_or(EngineError::UnknownCallback)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
