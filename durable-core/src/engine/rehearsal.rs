//! What the testing kit does with an engine that no user may: see whether it rests, kill it, and replay code over records
//! without letting any body run.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::function::Registry;
use super::functions::{Functions, Ready};
use super::parking::ParkReason;
use super::{Engine, EngineBuilder, StartError};
use crate::context::{Environment, Facts, Gate, Halt, Rehearsal, StateMap};
use crate::invocation::{Invocation, Next};
use crate::model::{Clock, ErrorObject, Name, OperationUpdate, OsEntropy, Timestamp};
use crate::observe::Observers;
use crate::operation::Place;
use crate::plan::Plan;
use crate::service::{CallbackKey, Command, Corrupt, Execution, Limits, Record, Spec};
use crate::value::{GivenSerdes, Recorded};

/// Far longer than any test: starts of steps are written with their outcomes, however slow the machine is.
const NEVER: Duration = Duration::from_secs(86_400);

impl EngineBuilder {
    /// The engine of a test: one thread, no run kept in memory, and nothing that depends on how fast the machine is.
    pub(crate) fn rehearsed(self, rehearsal: Arc<dyn Rehearsal>) -> Self {
        let rehearsal = Some(rehearsal);
        Self { rehearsal, linger: NEVER, pause: Duration::ZERO, workers: 1, resident: 0, ..self }
    }

    /// The functions by themselves.
    pub(crate) fn cast(self, rehearsal: Arc<dyn Rehearsal>) -> Result<Cast, StartError> {
        let Self { functions, limits, clock, .. } = self;
        let Ready { registry, states, serdes, observers: _ } = functions.ready()?;
        Ok(Cast { registry, states, serdes, limits, clock, rehearsal })
    }

    /// The names of its functions.
    pub(crate) fn function_names(&self) -> Vec<&'static str> {
        self.functions.names()
    }

    /// The same with other functions.
    pub(crate) fn recast(self, recast: impl FnOnce(Functions) -> Functions) -> Self {
        Self { functions: recast(self.functions), ..self }
    }
}

impl Engine {
    /// Returns when nothing goes on until the clock moves or somebody asks for something.
    pub(crate) async fn settled(&self) {
        self.shared().settled().await;
    }

    /// When the next thing happens by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let due = self.shared().store().ok()?.due(None, 1).ok()?;
        due.first().map(|(due, _)| *due)
    }

    /// Ends all threads where they are, as the end of the process would.
    pub(crate) async fn kill(self) {
        let shared = Arc::clone(self.shared());
        // A join error would mean that waiting itself panicked.
        let _ = tokio::task::spawn_blocking(move || shared.stop_and_join()).await;
    }
}

/// Functions that replay, without an engine.
pub(crate) struct Cast {
    registry: Registry,
    states: Arc<StateMap>,
    serdes: GivenSerdes,
    limits: Limits,
    clock: Arc<dyn Clock>,
    rehearsal: Arc<dyn Rehearsal>,
}

/// What a replay came to.
pub(crate) enum Replayed {
    /// The function returned.
    Finished(Recorded),
    /// It performs what is not on record, or waits; these updates come next.
    Frontier(Vec<OperationUpdate>),
    /// It can't go on, for this reason.
    Diverged(String),
}

/// Why there was nothing to replay.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoReplay {
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    #[error("{0}")]
    NoCode(String),
    #[error("the replay could not be run: {0}")]
    Thread(#[from] std::io::Error),
}

impl Cast {
    /// All plans.
    pub(crate) fn plans(&self) -> Vec<Plan> {
        self.registry.iter().map(|registered| Plan::of(registered.function)).collect()
    }

    /// Where in the source the function stands that replays such executions.
    pub(crate) fn place(&self, spec: &Spec) -> Option<Place> {
        let registered = self.registry.resume(&spec.function, spec.version.as_deref())?;
        Some(registered.function.place())
    }

    /// Runs the function over these records as far as they go.
    pub(crate) fn replay(
        self: &Arc<Self>,
        spec: &Spec,
        key: &Arc<CallbackKey>,
        records: &[Record],
    ) -> Result<Replayed, NoReplay> {
        let mut execution = Execution::restore(spec.clone(), Arc::clone(key), records.iter().cloned())?;
        if execution.was_interrupted() {
            let error = ErrorObject::new("Runtime.ExitError", "cut off");
            // The run that is cut off is the one that wrote the last record, so there is nothing to refuse.
            let _ = execution.apply(Command::Crash { error }, self.clock.now());
        }
        let (cast, spec, started) = (Arc::clone(self), spec.clone(), execution.standing().started);
        let operations = execution.invoke(self.clock.now()).operations;
        let thread = std::thread::Builder::new().name("durable-replay".to_owned());
        let replayed = thread.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let Some(mut invocation) = cast.invocation(&spec, operations, started) else {
                return Err(NoReplay::NoCode(cast.registry.gap(&spec.function, spec.version.as_deref())));
            };
            Ok(runtime.block_on(run(&mut invocation, &spec.function)))
        })?;
        replayed.join().unwrap_or_else(|_| Err(NoReplay::NoCode("the replay panicked".to_owned())))
    }

    fn invocation(
        &self,
        spec: &Spec,
        operations: Vec<crate::model::Operation>,
        execution_started: Timestamp,
    ) -> Option<Invocation> {
        let registered = self.registry.resume(&spec.function, spec.version.as_deref())?;
        let environment = Environment {
            execution: spec.id,
            function: spec.function.clone(),
            name: spec.name.clone(),
            tenant: spec.tenant.clone(),
            execution_started,
            observers: Observers::default(),
            limits: self.limits,
            times_invokes: true,
            serdes: self.serdes.clone(),
            states: Arc::clone(&self.states),
            clock: Arc::clone(&self.clock),
            entropy: Arc::new(OsEntropy),
            bodies: Gate::new(None, [None]).lane(0),
            watch: Arc::default(),
            rehearsal: Some(Arc::clone(&self.rehearsal)),
        };
        let function = |ctx| registered.run(ctx, spec.input.as_deref());
        Some(Invocation::new(environment, operations, Facts::default(), function))
    }
}

async fn run(invocation: &mut Invocation, function: &Name) -> Replayed {
    poll_fn(|cx| {
        Poll::Ready(match invocation.poll_next(cx) {
            Poll::Ready(Next::Checkpoint(updates) | Next::Suspended(updates)) => Replayed::Frontier(updates),
            Poll::Ready(Next::Finished(outcome, _)) => Replayed::Finished(outcome),
            Poll::Ready(Next::Crashed(error) | Next::Halted(Halt::Fail(error))) => {
                Replayed::Finished(Recorded::Failed(error))
            }
            Poll::Ready(Next::Halted(halt)) => {
                let reason = ParkReason::of_halt(function.as_str(), &halt);
                Replayed::Diverged(reason.map(|reason| reason.to_string()).unwrap_or_default())
            }
            Poll::Pending if invocation.is_held() => Replayed::Frontier(invocation.take_unsent()),
            // A serdes is at work.
            Poll::Pending => return Poll::Pending,
        })
    })
    .await
}
