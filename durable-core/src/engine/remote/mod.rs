//! Functions whose code runs elsewhere: in another process, in another language.
//!
//! The engine keeps their history, timers, callbacks and tokens as it does for its own; only the run of the code is
//! somebody else's. [`Remote::invoke`] is told what is recorded and says at last how the run ended. Meanwhile the code
//! records through [`Engine::checkpoint`](super::Engine::checkpoint), each time with the newest token it has.

mod function;
mod registry;
mod token;

use std::pin::Pin;

pub use function::RemoteFunction;
pub(super) use registry::Remotes;
pub use token::CheckpointToken;
pub(super) use token::Tokens;

use crate::model::{ErrorObject, ExecutionId, Name, Operation, OperationId, OperationUpdate, Timestamp};

/// The end of an invocation that is going on elsewhere.
///
/// See [`Remote`] for an example.
pub type InvocationFuture = Pin<Box<dyn Future<Output = InvocationEnd> + Send>>;

/// Runs the code of functions that are not in this process.
///
/// ```
/// use std::sync::{Arc, OnceLock};
///
/// use durable::model::{Action, Kind, Name, OperationId, OperationUpdate, Start};
/// use durable::prelude::*;
/// use durable::remote::{CheckpointCall, InvocationEnd, InvocationFuture, Remote, RemoteFunction, RemoteInvocation};
///
/// /// Doubles numbers. It might as well ask another process to.
/// #[derive(Clone, Default)]
/// struct Doubles(Arc<OnceLock<Engine>>);
///
/// impl Doubles {
///     async fn run(self, invocation: RemoteInvocation) -> Result<String, Box<dyn std::error::Error>> {
///         let number: Vec<u32> = serde_json::from_str(invocation.input.as_deref().unwrap_or("[0]"))?;
///         if let Some(recorded) = invocation.operations.first() {
///             println!("{:?} is recorded already: {:?}", recorded.name, recorded.state);
///         }
///         let doubled = (number.iter().sum::<u32>() * 2).to_string();
///         let update = |action| OperationUpdate {
///             id: OperationId::from_text("1"),
///             parent: None,
///             name: Name::new("double").ok(),
///             kind: Kind::Step,
///             action,
///         };
///         let succeed = Action::Succeed { payload: Some(doubled.clone()), replay_children: false };
///         let updates = vec![update(Action::Start(Start::Plain)), update(succeed)];
///         let call = CheckpointCall { token: invocation.token, updates, outcome: None, client_token: None };
///         let engine = self.0.get().ok_or("there is no engine")?;
///         let checkpointed = engine.checkpoint(invocation.execution, call).await?;
///         assert_eq!(checkpointed.changed.len(), 1);
///         assert!(checkpointed.token.is_some(), "for the next checkpoint");
///         Ok(doubled)
///     }
/// }
///
/// impl Remote for Doubles {
///     fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture {
///         let run = self.clone().run(invocation);
///         Box::pin(async {
///             match run.await {
///                 Ok(doubled) => InvocationEnd::Succeeded(Some(doubled)),
///                 Err(error) => InvocationEnd::Crashed(durable::ErrorObject::new("Doubles", error.to_string())),
///             }
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let doubles = Doubles::default();
/// let function = RemoteFunction::new("double", Arc::new(doubles.clone()))?;
/// let engine = Engine::in_memory().register_remote(function).start().await?;
/// let _ = doubles.0.set(engine.clone());
/// assert_eq!(engine.start_json("double", "[21]").await?.output().await?, "42");
/// # Ok(())
/// # }
/// ```
pub trait Remote: Send + Sync + 'static {
    /// Begins an invocation, and says how it ended.
    ///
    /// If the future is dropped before that, nobody is interested in the invocation any more: the execution was stopped,
    /// has timed out, or the invocation took too long. Whatever it still asks for is refused by its token.
    fn invoke(&self, invocation: RemoteInvocation) -> InvocationFuture;
}

/// One run of a function's code that is to be done elsewhere.
///
/// See [`Remote`] for an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RemoteInvocation {
    /// The execution.
    pub execution: ExecutionId,
    /// The function.
    pub function: Name,
    /// The version of its code.
    pub version: Option<String>,
    /// The execution's name.
    pub name: Name,
    /// The recorded arguments.
    pub input: Option<String>,
    /// On whose behalf it runs.
    pub tenant: Option<String>,
    /// When the execution began.
    pub started: Timestamp,
    /// How history calls this run.
    pub request_id: String,
    /// For the run's first checkpoint.
    pub token: CheckpointToken,
    /// What is recorded, in the order in which it began.
    pub operations: Vec<Operation>,
    /// What changed since the last run.
    pub updated: Vec<OperationId>,
    /// When the run has to be over.
    pub deadline: Timestamp,
}

/// How an invocation ended.
///
/// See [`Remote`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub enum InvocationEnd {
    /// The function returned, and the execution with it; nothing stands for JSON `null`.
    Succeeded(Option<String>),
    /// The function failed, and the execution with it.
    Failed(ErrorObject),
    /// It waits for something that is recorded.
    Pending,
    /// It ended without saying how, and is invoked again after a while.
    Crashed(ErrorObject),
}

/// What a run elsewhere has recorded.
///
/// See [`Remote`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointCall {
    /// The newest token that the run has.
    pub token: CheckpointToken,
    /// What to record, all or nothing; nothing asks what has changed.
    pub updates: Vec<OperationUpdate>,
    /// The end of the execution, if this is it: then nothing can follow.
    pub outcome: Option<Result<Option<String>, ErrorObject>>,
    /// The same for a call and its repetitions, which get the same answer.
    pub client_token: Option<String>,
}

/// The answer to a checkpoint.
///
/// See [`Remote`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpointed {
    /// For the next one; nothing if the execution is over.
    pub token: Option<CheckpointToken>,
    /// What changed since the run last saw it, what it recorded itself included.
    pub changed: Vec<Operation>,
}
