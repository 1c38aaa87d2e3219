//! Observers: told what executions do, while they do it.
//!
//! An observer exports spans, counts, audits. It can't change what happens: a panic in it is caught, and what it is told
//! is recorded or will be whether it listens or not. It has a thread of its own, and executions wait for it for a moment
//! only: one that takes its time is told things later, and one that is too slow for too long is not told everything.

mod dispatch;
mod info;

pub(crate) use dispatch::{News, ObserverList, Observers};
pub use info::{AttemptOutcome, InvocationInfo, InvocationStatus, OperationChange, OperationInfo, UserFunctionInfo};

/// Is told what executions do: given to an engine with
/// [`EngineBuilder::observer`](crate::engine::EngineBuilder::observer).
///
/// All methods do nothing by default. Each observer is told everything in the order in which it happened, by one thread;
/// several are told in the order in which they were given. An observer has heard of something when the execution goes
/// on, unless it keeps executions waiting for more than 500 ms at once or a tenth of the time: then they go on without
/// it, and it hears the rest later. Up to 8,192 things wait for it; what comes after that it misses, with an error in the
/// log. [`Engine::shutdown`](crate::engine::Engine::shutdown) waits up to five seconds until it has heard the rest.
///
/// **Replay:** a replay tells nothing of operations that ended in an earlier invocation. One that had begun and not ended
/// is told to begin again, with [`OperationInfo::is_replay`], and to end once: in the invocation that sees its end.
/// A suspended run that stayed in memory does not replay, so what waits in it is not told to begin again.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use std::sync::Arc;
///
/// use durable::observe::{Observer, OperationInfo};
/// use durable::prelude::*;
///
/// #[derive(Default)]
/// struct Count(AtomicUsize);
///
/// impl Observer for Count {
///     fn operation_ended(&self, operation: &OperationInfo) {
///         println!("{} {:?} took until {:?}", operation.kind, operation.name, operation.ended);
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// #[durable]
/// async fn two() -> u32 {
///     #[step]
///     let one = number(1).await;
///     #[step(name = "another")]
///     let two = number(2).await;
///     one + two
/// }
///
/// async fn number(n: u32) -> u32 {
///     n
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let count = Arc::new(Count::default());
/// let engine = Engine::in_memory().register(two).observer(Arc::clone(&count)).start().await?;
/// engine.start(two()).await?.output().await?;
/// // Tells observers what they have not heard yet.
/// engine.shutdown().await;
/// assert_eq!(count.0.load(Ordering::Relaxed), 2);
/// # Ok(())
/// # }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// An invocation begins: the code is about to run, from the top or from where it was suspended.
    fn invocation_started(&self, invocation: &InvocationInfo) {
        let _ = invocation;
    }

    /// An invocation has ended, and that is recorded.
    fn invocation_ended(&self, invocation: &InvocationInfo) {
        let _ = invocation;
    }

    /// An operation begins; its start is not recorded yet.
    fn operation_started(&self, operation: &OperationInfo) {
        let _ = operation;
    }

    /// An operation has ended, and that is recorded; the code has not seen it yet.
    fn operation_ended(&self, operation: &OperationInfo) {
        let _ = operation;
    }

    /// Operations changed, and that is recorded.
    fn operations_changed(&self, change: &OperationChange<'_>) {
        let _ = change;
    }

    /// Code of the user's begins: an attempt of a step, a check of a condition, or the body of a child context.
    fn user_function_started(&self, function: &UserFunctionInfo) {
        let _ = function;
    }

    /// Code of the user's has ended; what came of it is not recorded yet.
    fn user_function_ended(&self, function: &UserFunctionInfo) {
        let _ = function;
    }
}

impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    fn invocation_started(&self, invocation: &InvocationInfo) {
        self.as_ref().invocation_started(invocation);
    }

    fn invocation_ended(&self, invocation: &InvocationInfo) {
        self.as_ref().invocation_ended(invocation);
    }

    fn operation_started(&self, operation: &OperationInfo) {
        self.as_ref().operation_started(operation);
    }

    fn operation_ended(&self, operation: &OperationInfo) {
        self.as_ref().operation_ended(operation);
    }

    fn operations_changed(&self, change: &OperationChange<'_>) {
        self.as_ref().operations_changed(change);
    }

    fn user_function_started(&self, function: &UserFunctionInfo) {
        self.as_ref().user_function_started(function);
    }

    fn user_function_ended(&self, function: &UserFunctionInfo) {
        self.as_ref().user_function_ended(function);
    }
}
