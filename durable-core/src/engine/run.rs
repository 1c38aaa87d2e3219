//! A started execution.

use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use super::Engine;
use super::error::{EngineError, RunError};
use super::waiters::{Ending, Waiting};
use crate::model::ExecutionId;
use crate::operation::Definition;
use crate::service::{Outcome, Record};
use crate::store::Glance;
use crate::value::{CodecError, Recorded};

/// How what an execution returned is read.
///
/// See [`Engine::start_json`] for an example.
pub trait ReadOutcome {
    #[doc(hidden)]
    type Output;

    #[doc(hidden)]
    fn read(recorded: Recorded) -> Result<Self::Output, CodecError>;
}

/// Read as the function's own type.
///
/// See [`Engine::start`] for an example.
#[derive(Debug)]
pub struct Typed<D>(PhantomData<fn() -> D>);

impl<D: Definition> ReadOutcome for Typed<D> {
    type Output = D::Output;

    fn read(recorded: Recorded) -> Result<D::Output, CodecError> {
        D::define().codec.decode(recorded)
    }
}

/// Read as the recorded text.
///
/// See [`Engine::start_json`] for an example.
#[derive(Debug)]
pub struct Json;

impl ReadOutcome for Json {
    type Output = String;

    fn read(recorded: Recorded) -> Result<String, CodecError> {
        match recorded {
            Recorded::Succeeded(payload) => Ok(payload.unwrap_or_else(|| "null".to_owned())),
            Recorded::Failed(error) => Err(CodecError::NoError(error)),
        }
    }
}

/// An execution that was started, by this process or an earlier one.
///
/// See [`RunError`](super::RunError) for an example.
pub struct Run<R> {
    engine: Engine,
    id: ExecutionId,
    /// Waits for the end since before the execution began, if this engine has just started it: then whoever waits first
    /// needs no look at the store.
    since_birth: Mutex<Option<Waiting>>,
    read: PhantomData<fn() -> R>,
}

impl<R> Run<R> {
    pub(super) fn new(engine: Engine, id: ExecutionId) -> Self {
        Self { engine, id, since_birth: Mutex::new(None), read: PhantomData }
    }

    /// What was started just now.
    pub(super) fn newborn(engine: Engine, id: ExecutionId, since_birth: Option<Waiting>) -> Self {
        Self { engine, id, since_birth: Mutex::new(since_birth), read: PhantomData }
    }

    /// The execution's id: `run.id()` is what [`Engine::attach`] finds it by, in this process or a later one.
    pub fn id(&self) -> ExecutionId {
        self.id
    }
}

impl<R> std::fmt::Debug for Run<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<R: ReadOutcome> Run<R> {
    /// Waits for the execution's end and returns what the function returned.
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
    /// assert_eq!(run.output().await?, 42);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn output(&self) -> Result<R::Output, RunError> {
        let ended = match self.ending().await.map_err(RunError::Engine)? {
            Ending::Parked(reason) => return Err(RunError::Parked(reason)),
            Ending::Ended(outcome) => outcome,
        };
        let recorded = match ended {
            Outcome::Succeeded(payload) => Recorded::Succeeded(payload),
            Outcome::Failed(error) => Recorded::Failed(error),
            Outcome::TimedOut(error) => return Err(RunError::TimedOut(error)),
            Outcome::Stopped(error) => return Err(RunError::Stopped(error)),
        };
        R::read(recorded).map_err(|error| match error {
            CodecError::NoError(error) => RunError::Failed(error),
            unreadable => RunError::Unreadable(unreadable),
        })
    }

    async fn ending(&self) -> Result<Ending, EngineError> {
        let since_birth = self.since_birth.lock().unwrap_or_else(PoisonError::into_inner).take();
        // An execution may have been parked for a while: the store knows.
        if let Some(waiting) = since_birth
            && let ended @ Ending::Ended(_) = self.announced(waiting).await?
        {
            return Ok(ended);
        }
        let shared = self.engine.shared();
        // Registered first, so that no end falls between looking and waiting.
        let waiting = shared.waiters.register(self.id);
        let Glance { row: last, .. } = self.engine.glance(self.id).await?;
        let outcome = last.iter().find_map(|record| match record {
            Record::Event(event) => Outcome::of_event(&event.kind),
            _ => None,
        });
        if let Some(outcome) = outcome {
            return Ok(Ending::Ended(outcome));
        }
        if let Some(reason) = shared.parking.reason(self.id) {
            return Ok(Ending::Parked(reason));
        }
        self.announced(waiting).await
    }

    async fn announced(&self, mut waiting: Waiting) -> Result<Ending, EngineError> {
        let mut stopped = self.engine.shared().stopped();
        tokio::select! {
            biased;
            ending = waiting.ending() => ending.ok_or(EngineError::ShutDown),
            _ = stopped.wait_for(|stopped| *stopped) => Err(EngineError::ShutDown),
        }
    }
}

impl<D, T, E> Run<Typed<D>>
where
    D: Definition<Output = Result<T, E>>,
{
    /// Waits for the execution's end and returns the function's value, with its error as [`RunError::Returned`].
    ///
    /// ```
    /// use durable::prelude::*;
    /// use durable::RunError;
    ///
    /// #[durable]
    /// async fn order(number: u32) -> Result<u32, String> {
    ///     if number % 2 == 0 { Ok(number) } else { Err(format!("{number} is odd")) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::in_memory().register(order).start().await?;
    /// let run = engine.start(order(21)).await?;
    /// match run.result().await {
    ///     Err(RunError::Returned(error)) => assert_eq!(error, "21 is odd"),
    ///     other => unreachable!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn result(&self) -> Result<T, RunError<E>> {
        match self.output().await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(RunError::Returned(error)),
            Err(error) => Err(error.widen()),
        }
    }
}
