//! Runs of durable functions for a service that is elsewhere.
//!
//! > The service keeps histories, times what waits and says when a function is invoked; a [`HostedRun`] says what is to
//! > be recorded, and whoever drives it carries that to the service and brings back what has changed.
//!
//! The canonical loop of a driver, which has one call to the service under way at the most:
//!
//! ```text
//! let mut run = host.begin(invoked)?;
//! loop {
//!     match run.next().await {
//!         Next::Checkpoint(updates)        => have them recorded, then run.acknowledge(changed)
//!         Next::Suspended(none)            => the invocation ends, and the service wakes the execution
//!         Next::Suspended(updates)         => have them recorded, then run.acknowledge(changed)
//!         Next::Finished(outcome, updates) => have them recorded, and the execution ends
//!         Next::Halted(error)              => the execution fails
//!     }
//! }
//! ```
//!
//! While a call is under way the run has to be polled on, because the bodies of steps run in it. When
//! [`HostedRun::next_due`] has come and other code still runs, the driver asks the service what has changed.

use std::collections::BTreeSet;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::context::{Environment, Facts, Gate, Halt, StateMap, Watch};
use crate::engine::{Functions, ParkReason, Ready, Registry, StartError};
use crate::invocation::{self, Invocation};
use crate::model::{
    Clock, Entropy, ErrorObject, ExecutionId, Name, Operation, OperationId, OperationUpdate, OsEntropy, SystemClock,
    Timestamp,
};
use crate::observe::{InvocationStatus, Observers};
use crate::service::Limits;
use crate::value::{GivenSerdes, Recorded};

/// Durable functions that a service elsewhere invokes.
pub struct Host {
    registry: Registry,
    states: Arc<StateMap>,
    serdes: GivenSerdes,
    observers: Observers,
    limits: Limits,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What a service says when it invokes a function.
#[derive(Debug, Clone)]
pub struct Invoked {
    /// The execution.
    pub execution: ExecutionId,
    /// What the execution is called, if it has a name of its own.
    pub name: Option<Name>,
    /// On whose behalf it runs.
    pub tenant: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// The function's arguments, as JSON.
    pub input: Option<String>,
    /// The id of this invocation.
    pub request_id: String,
    /// What is recorded, in the order in which the operations began.
    pub operations: Vec<Operation>,
    /// What changed since the last invocation.
    pub updated: Vec<OperationId>,
}

/// A function was invoked that is not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no durable function `{name}` is registered; add `.register({name})` (registered: {})", .registered.join(", "))]
pub struct UnknownFunction {
    /// The function that was asked for.
    pub name: String,
    /// Those that there are.
    pub registered: Vec<String>,
}

impl Host {
    /// Prepares functions to be invoked; fails if two have one name, or if state is missing that one asks for.
    pub fn new(functions: Functions) -> Result<Self, StartError> {
        let Ready { registry, states, serdes, observers } = functions.ready()?;
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
        Ok(Self { registry, states, serdes, observers, limits: Limits::new(), clock, entropy })
    }

    /// How large what executions record may be; as large as on AWS if not said.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The names of the functions, each once, however many versions it has.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.registry.names()
    }

    /// Prepares a run of a function; nothing of it runs before [`HostedRun::next`] is polled.
    ///
    /// It runs the version of the function that was registered last: a service that keeps versions apart invokes the
    /// code of the right one.
    pub fn begin(&self, function: &str, invoked: Invoked) -> Result<HostedRun, UnknownFunction> {
        let Invoked { execution, name, tenant, started, input, request_id, operations, updated } = invoked;
        let found = Name::new(function.to_owned()).ok().and_then(|name| Some((self.registry.find(&name)?, name)));
        let Some((registered, function)) = found else {
            return Err(UnknownFunction { name: function.to_owned(), registered: self.registry.labels() });
        };
        let bodies = Gate::new(None, [None]);
        let environment = Environment {
            execution,
            function: function.clone(),
            name: name.unwrap_or_else(|| function.clone()),
            tenant,
            execution_started: started,
            observers: self.observers.clone(),
            limits: self.limits,
            times_invokes: false,
            serdes: self.serdes.clone(),
            states: Arc::clone(&self.states),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            bodies: bodies.lane(0),
            watch: Arc::<Watch>::default(),
            rehearsal: None,
        };
        let updated: BTreeSet<_> = updated.into_iter().collect();
        let facts = Facts { request_id, is_first: operations.is_empty(), updated };
        let code = |ctx| registered.run(ctx, input.as_deref());
        let invocation = Invocation::new(environment, operations, facts, code);
        Ok(HostedRun { invocation, bodies, function, limits: self.limits })
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("functions", &self.registry.labels()).finish_non_exhaustive()
    }
}

/// One run of a durable function, as a machine that says what is to be recorded. It stays on its thread.
pub struct HostedRun {
    invocation: Invocation,
    bodies: Arc<Gate>,
    function: Name,
    limits: Limits,
}

/// What a run needs next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// These updates recorded, and what has changed. The bodies of steps run on meanwhile.
    Checkpoint(Vec<OperationUpdate>),
    /// These updates recorded, and what has changed; without any the run is suspended: nothing runs, and everything
    /// waits for the service.
    Suspended(Vec<OperationUpdate>),
    /// These updates recorded: the function returned, with a result or an error.
    Finished(Result<Option<String>, ErrorObject>, Vec<OperationUpdate>),
    /// Nothing: the code can't go on, and it would be no different the next time.
    Halted(ErrorObject),
}

/// The type of the error with which an execution fails whose code does not replay.
const MISMATCH: &str = "NonDeterministicExecutionError";

impl HostedRun {
    /// Runs the code until something is needed. May be dropped and called again.
    pub async fn next(&mut self) -> Next {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Runs the code as far as it goes.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        self.invocation.poll_next(cx).map(|next| match next {
            invocation::Next::Checkpoint(updates) => Next::Checkpoint(updates),
            invocation::Next::Suspended(updates) => Next::Suspended(updates),
            invocation::Next::Finished(outcome, updates) => Next::Finished(self.fitting(outcome), updates),
            invocation::Next::Halted(halt) => Next::Halted(self.error_of(halt)),
            // Code in this process never does.
            invocation::Next::Crashed(error) => Next::Halted(error),
        })
    }

    /// The function's outcome, or in the place of a result that is too large the error that says so.
    fn fitting(&self, outcome: Recorded) -> Result<Option<String>, ErrorObject> {
        match outcome {
            Recorded::Succeeded(result) => {
                self.limits.check_result(result.as_deref(), || format!("the result of `{}`", self.function))?;
                Ok(result)
            }
            Recorded::Failed(error) => Err(self.limits.fit_final_error(error)),
        }
    }

    fn error_of(&self, halt: Halt) -> ErrorObject {
        let error_type = match &halt {
            Halt::Fail(error) => return self.limits.fit_final_error(error.clone()),
            Halt::Mismatch(_) => MISMATCH,
            Halt::Unreadable { .. } => "SerializationError",
            Halt::ForeignAwait => "ForeignAwait",
            Halt::Panicked(_) => "FunctionPanicked",
        };
        let reason = ParkReason::of_halt(self.function.as_str(), &halt);
        ErrorObject::new(error_type, reason.as_ref().map(ParkReason::as_str).unwrap_or_default())
    }

    /// Takes in the answer to [`Next::Checkpoint`] or [`Next::Suspended`]: what changed, by these updates or otherwise.
    pub fn acknowledge(&mut self, changed: Vec<Operation>) {
        self.invocation.acknowledge(changed);
    }

    /// Takes in what changed without this run's doing.
    pub fn merge(&self, changed: Vec<Operation>) {
        self.invocation.merge(changed);
    }

    /// Takes the starts of steps and contexts that wait for an outcome to travel with, if nothing is under way. They are
    /// to be acknowledged like any other updates.
    pub fn take_lingering(&mut self) -> Option<Vec<OperationUpdate>> {
        self.invocation.take_lingering()
    }

    /// Whether [`HostedRun::take_lingering`] would give something.
    pub fn has_lingering(&self) -> bool {
        self.invocation.has_lingering()
    }

    /// When the first timer or retry is due that code of this run waits for.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.invocation.next_due()
    }

    /// Lets no body of a step begin any more; those that run go on.
    pub fn begin_no_more(&self) {
        self.bodies.close();
    }

    /// Whether no body of an operation runs and no outcome waits to be recorded.
    pub fn is_at_rest(&self) -> bool {
        self.invocation.is_at_rest()
    }

    /// Tells observers that the invocation has ended.
    pub fn ended(&self, status: InvocationStatus, error: Option<ErrorObject>) {
        self.invocation.ended(status, error);
    }
}

impl fmt::Debug for HostedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostedRun").field("function", &self.function).finish_non_exhaustive()
    }
}
