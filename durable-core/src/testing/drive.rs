//! Drives the executions of a test: lets the engine come to rest, answers callbacks, moves the clock, and starts a new
//! process when one has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::FutureExt;

use super::callback::{Act, Handler};
use super::clock::VirtualClock;
use super::failure::listed;
use super::names::{Planned, Ran, Used};
use super::recipe::Recipe;
use super::stage::Stage;
use super::store::{FaultyStore, Memory};
use crate::engine::{Engine, EngineError};
use crate::model::{
    CallbackId, Clock, Detail, ErrorObject, ExecutionId, ExecutionStatus, Kind, Operation, OperationId, State,
    Timestamp,
};
use crate::service::{Execution, Outcome};
use crate::store::{Query, Store, Stored, WaitingOn};

/// The executions of a test and all that is around them.
pub(super) struct Driver {
    pub(super) recipe: Recipe,
    pub(super) stage: Arc<Stage>,
    pub(super) clock: Arc<VirtualClock>,
    pub(super) memory: Arc<Memory>,
    pub(super) handlers: Vec<Handler>,
    /// The names that are known of.
    pub(super) planned: Planned,
    /// The names that the test uses.
    pub(super) used: Used,
    /// What is started first.
    pub(super) start: Start,
    pub(super) process: Option<Process>,
    pub(super) root: Option<ExecutionId>,
    pub(super) agenda: Agenda,
}

/// The execution that a test is about.
pub(super) struct Start {
    pub(super) function: &'static str,
    pub(super) name: String,
    pub(super) input: Option<String>,
}

/// An engine, which ends at some time.
pub(super) struct Process {
    engine: Engine,
    store: Arc<FaultyStore>,
}

/// What is going to be done with callbacks.
#[derive(Default)]
pub(super) struct Agenda {
    acts: BTreeMap<(Timestamp, u64), (CallbackId, Act)>,
    entries: u64,
    seen: BTreeSet<(ExecutionId, OperationId)>,
}

/// A callback that waits for someone.
#[derive(Debug, Clone)]
pub(super) struct OpenCallback {
    pub(super) execution: ExecutionId,
    pub(super) operation: OperationId,
    pub(super) name: String,
    pub(super) id: CallbackId,
}

impl Driver {
    /// Goes on to the end of the execution.
    pub(super) async fn run(&mut self) -> Result<(), String> {
        loop {
            self.settle().await?;
            if self.ending().is_some() {
                return Ok(());
            }
            self.plan_answers();
            if !self.deliver_due().await? {
                let next = self.next_time().ok_or_else(|| self.stuck())?;
                self.clock.advance_to(next);
            }
        }
    }

    /// Goes on until nothing happens any more without time passing or somebody doing something.
    pub(super) async fn settle(&mut self) -> Result<(), String> {
        loop {
            let process = self.process().await?;
            let (engine, store) = (process.engine.clone(), Arc::clone(&process.store));
            if self.root.is_none() && !self.start(&engine).await? {
                continue;
            }
            tokio::select! {
                biased;
                () = store.died() => {}
                problem = self.stage.complains() => return Err(problem),
                () = engine.settled() => {
                    // Its last write may have been its end.
                    if store.died().now_or_never().is_none() {
                        return self.check(&engine);
                    }
                }
            }
            drop(engine);
            self.end_process().await;
        }
    }

    /// Ends the process and starts another one.
    pub(super) async fn crash(&mut self) -> Result<(), String> {
        if let Some(process) = &self.process {
            process.store.die();
        }
        self.end_process().await;
        self.settle().await
    }

    pub(super) async fn end_process(&mut self) {
        if let Some(Process { engine, .. }) = self.process.take() {
            engine.kill().await;
        }
    }

    pub(super) fn engine(&self) -> Option<&Engine> {
        self.process.as_ref().map(|process| &process.engine)
    }

    async fn process(&mut self) -> Result<&Process, String> {
        if self.process.is_none() {
            let faults = Arc::clone(&self.stage.faults);
            let store = Arc::new(FaultyStore::new(Arc::clone(&self.memory), faults));
            let clock: Arc<dyn Clock> = self.clock.clone();
            let started = self.recipe.start(Arc::clone(&store), clock, Arc::clone(&self.stage)).await;
            let engine = started.map_err(|error| error.to_string())?;
            self.process = Some(Process { engine, store });
        }
        self.process.as_ref().ok_or_else(|| "there is no process".to_owned())
    }

    /// Starts the execution; returns whether that succeeded.
    async fn start(&mut self, engine: &Engine) -> Result<bool, String> {
        let Start { function, name, input } = &self.start;
        let input = input.as_deref().unwrap_or_default();
        match engine.start_json(function, input).name(name).await {
            Ok(run) => {
                self.root = Some(run.id());
                Ok(true)
            }
            Err(EngineError::Store(_) | EngineError::ShutDown) => {
                self.end_process().await;
                Ok(false)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Finds executions that can't go on.
    fn check(&self, engine: &Engine) -> Result<(), String> {
        let running = self.running(Query::new());
        match running.iter().find_map(|id| engine.parked(*id)) {
            Some(reason) => Err(format!("an execution can't go on: {reason}")),
            None => Ok(()),
        }
    }

    fn running(&self, query: Query) -> Vec<ExecutionId> {
        let query = query.status(ExecutionStatus::Running).limit(u32::MAX);
        let listed = self.memory.store.list(&query).unwrap_or_default();
        listed.into_iter().map(|summary| summary.id).collect()
    }

    pub(super) fn stored(&self, id: ExecutionId) -> Option<Stored> {
        self.memory.store.load(id).ok().flatten()
    }

    /// The execution that the test is about, as it stands.
    pub(super) fn execution(&self) -> Option<Execution> {
        self.restored(self.root?)
    }

    fn restored(&self, id: ExecutionId) -> Option<Execution> {
        let Stored { spec, records, .. } = self.stored(id)?;
        Execution::restore(spec, Arc::new(self.memory.store.callback_key()), records).ok()
    }

    pub(super) fn ending(&self) -> Option<Outcome> {
        self.execution()?.outcome().cloned()
    }

    /// When the next thing happens by itself.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        let due = self.engine().and_then(Engine::next_due);
        let planned = self.agenda.acts.first_key_value().map(|((time, _), _)| *time);
        [due, planned].into_iter().flatten().min()
    }

    /// Everything that is on record.
    pub(super) fn everything(&self) -> Vec<Stored> {
        let listed = self.memory.store.list(&Query::new().limit(u32::MAX)).unwrap_or_default();
        listed.into_iter().filter_map(|summary| self.stored(summary.id)).collect()
    }

    /// Finds what stood in for nothing.
    pub(super) fn check_names(&self) -> Result<(), String> {
        let mut ran = Ran::default();
        self.everything().iter().for_each(|stored| ran.add(&stored.records));
        self.planned.check_after(&self.used, &ran)
    }

    /// The callbacks that somebody waits for, of all executions.
    pub(super) fn open_callbacks(&self) -> Vec<OpenCallback> {
        let waiting = self.running(Query::new().waiting_on(WaitingOn::Callback));
        waiting
            .into_iter()
            .filter_map(|id| self.restored(id))
            .flat_map(|execution| open_callbacks(&execution))
            .collect()
    }

    /// Asks the test what is to be done with the callbacks that have come.
    fn plan_answers(&mut self) {
        if self.handlers.is_empty() {
            return;
        }
        for OpenCallback { execution, operation, name, id } in self.open_callbacks() {
            let Some(handler) = self.handlers.iter_mut().find(|handler| handler.name == name) else { continue };
            if !self.agenda.seen.insert((execution, operation)) {
                continue;
            }
            let mut time = self.clock.now();
            for (delay, act) in (handler.decide)(&id).acts {
                let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
                time = Timestamp::from_millis(time.as_millis().saturating_add(millis));
                self.agenda.add(time, id.clone(), act);
            }
        }
    }

    /// Does with callbacks what is to be done by now; returns whether there was anything to do.
    async fn deliver_due(&mut self) -> Result<bool, String> {
        let now = self.clock.now();
        let mut any = false;
        while let Some(first) = self.agenda.acts.first_entry().filter(|first| first.key().0 <= now) {
            let (id, act) = first.remove();
            self.act(&id, act).await?;
            any = true;
        }
        Ok(any)
    }

    /// Does something with a callback. An answer that comes too late changes nothing.
    pub(super) async fn act(&mut self, id: &CallbackId, act: Act) -> Result<(), String> {
        let payload = match act {
            Act::Succeed(Ok(payload)) => Ok(payload),
            Act::Succeed(Err(error)) => return Err(format!("a callback can't be completed: {error}")),
            Act::Fail(error) => Err(Some(error)),
            Act::Heartbeat => Err(None),
        };
        loop {
            self.settle().await?;
            let Some(engine) = self.engine() else { continue };
            let done = match payload.clone() {
                Ok(payload) => engine.complete_callback_with(id, payload).await,
                Err(Some(error)) => engine.fail_callback(id, error).await,
                Err(None) => engine.heartbeat_callback(id).await,
            };
            match done {
                // Whether it happened is not known, so it is done again.
                Err(EngineError::Store(_) | EngineError::ShutDown) => {}
                Ok(()) | Err(EngineError::Refused(_)) => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    /// Ends the execution from outside.
    pub(super) async fn stop(&mut self, error: ErrorObject) -> Result<(), String> {
        self.settle().await?;
        let (Some(engine), Some(root)) = (self.engine(), self.root) else { return Ok(()) };
        engine.stop(root, error).await.map_err(|error| error.to_string())?;
        self.settle().await
    }

    /// Why nothing goes on.
    pub(super) fn stuck(&self) -> String {
        let open: Vec<_> = self.open_callbacks().into_iter().map(|callback| callback.name).collect();
        let example = open.first().cloned().unwrap_or_else(|| "name".to_owned());
        format!(
            "the execution waits, and nothing will wake it; open callbacks: {}\n\
             help: say who completes it: `.on_callback(\"{example}\", |_| Answer::succeed(&…))`, or use `.start(…)` and \
             complete it by hand",
            listed(open.iter().map(String::as_str))
        )
    }
}

impl Agenda {
    fn add(&mut self, time: Timestamp, id: CallbackId, act: Act) {
        self.entries += 1;
        self.acts.insert((time, self.entries), (id, act));
    }
}

/// The callbacks of an execution that somebody waits for. One inside of a `wait_for_callback` has its name.
fn open_callbacks(execution: &Execution) -> Vec<OpenCallback> {
    let open = execution.operations().iter().filter(|operation| {
        operation.kind == Kind::Callback && operation.state == State::Started && execution.waits_for(&operation.id)
    });
    let name = |operation: &Operation| {
        let around = operation.parent.as_ref().and_then(|parent| execution.operation(parent));
        let around = around.filter(|around| around.kind == Kind::WaitForCallback);
        around.and_then(|around| around.name.clone()).or_else(|| operation.name.clone())
    };
    open.filter_map(|operation| {
        let Detail::Callback(detail) = &operation.detail else { return None };
        Some(OpenCallback {
            execution: execution.spec().id,
            operation: operation.id.clone(),
            name: name(operation).map(|name| name.to_string()).unwrap_or_default(),
            id: detail.callback_id.clone(),
        })
    })
    .collect()
}
