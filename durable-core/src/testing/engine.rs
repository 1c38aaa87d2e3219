//! The engine of a test.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::callback::{Answer, Handler};
use super::check;
use super::clock::VirtualClock;
use super::drive::{Agenda, Driver, Start};
use super::failure::{At as Asked, fail};
use super::fault::{At, Fault, Phase, Wrong};
use super::mock::StepMock;
use super::names::{Planned, Used};
use super::recipe::Recipe;
use super::run::TestRun;
use super::scenario::Scenario;
use super::stage::{EmptyStage, Stage};
use super::stepped::Stepped;
use super::store::Memory;
use super::witness;
use crate::context::Shareable;
use crate::engine::{DurableFunction, EngineBuilder, Functions};
use crate::model::CallbackId;
use crate::operation::{Call, Definition};

/// An engine for tests: the engine itself, on a clock that stands still, with a store in memory that outlives the
/// processes of the test.
///
/// Time moves only when nothing else can happen, and then to the next moment at which something does; so a wait of a year
/// takes no time. Every suspended run is replayed from the top, and at its end each run is replayed once more and compared.
/// Steps run in real time; let [mocks](Self::mock_step) stand in for those that take long or touch the world.
///
/// What is wrong with a run or with its test fails the test.
///
/// ```
/// use durable::prelude::*;
/// use durable::testing::TestEngine;
///
/// #[durable]
/// async fn remind(of: String) -> String {
///     sleep(days(365)).await;
///     format!("remember {of}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let run = TestEngine::new().run(remind("the milk".to_owned())).await;
/// assert_eq!(run.output().unwrap(), "remember the milk");
/// assert_eq!(run.duration(), days(365));
/// # }
/// ```
#[must_use = "a test engine does nothing before `.run(…)` or `.start(…)`"]
pub struct TestEngine {
    recipe: Recipe,
    /// What takes the place of functions; mixed in last.
    mocks: Recipe,
    mocked: Vec<&'static str>,
    stage: Arc<Stage>,
    handlers: Vec<Handler>,
    name: String,
    scenario: Option<Arc<Scenario>>,
}

impl Default for TestEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl TestEngine {
    /// An engine without functions, to which the one that is run is added by itself.
    pub fn new() -> Self {
        witness::begin_rehearsals();
        Self {
            recipe: Recipe::default(),
            mocks: Recipe::default(),
            mocked: Vec::new(),
            stage: Arc::default(),
            handlers: Vec::new(),
            name: "test".to_owned(),
            scenario: Scenario::current(),
        }
    }

    /// Adds a durable function that the one under test invokes.
    pub fn register<A, F>(mut self, function: F) -> Self
    where
        A: 'static,
        F: DurableFunction<A> + Clone + Send + Sync + 'static,
    {
        self.recipe.add(move |builder| builder.register(function.clone()));
        self
    }

    /// Adds application state, for functions that take a `State<T>`: the place to hand a fake in.
    pub fn state<T: Shareable>(mut self, state: T) -> Self {
        self.recipe.add(move |builder| builder.state(state.clone()));
        self
    }

    /// Sets up the engine of each process in any other way: its serdes, limits, observers.
    ///
    /// ```
    /// # use durable::prelude::*;
    /// # use durable::testing::TestEngine;
    /// # #[durable]
    /// # async fn order() {}
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let test = TestEngine::new().engine(|engine| engine.limits(durable::Limits::none()));
    /// # test.run(order()).await.output().unwrap();
    /// # }
    /// ```
    pub fn engine(mut self, set_up: impl Fn(EngineBuilder) -> EngineBuilder + Send + Sync + 'static) -> Self {
        self.recipe.add(set_up);
        self
    }

    /// Names the execution; `test` if not said.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Decides what is done with the callbacks of this name, when each has come. See [`Answer`]. A name that no function
    /// opens a callback with fails the test at the end of a run in which one came that nobody completed.
    pub fn on_callback(
        mut self,
        name: impl Into<String>,
        decide: impl FnMut(&CallbackId) -> Answer + Send + 'static,
    ) -> Self {
        self.handlers.push(Handler { name: name.into(), decide: Box::new(decide) });
        self
    }

    /// Lets a closure stand in for all steps of this name, by its name in history. It is called once for each attempt, with
    /// the arguments of the step's definition or with none, and what it returns is recorded as if the step had.
    ///
    /// A submitter of `wait_for_callback` and a check of `wait_for_condition` are steps of the operation's name: with the
    /// callback's id, or with the state before; a submitter's closure returns `()`, or a `Result<(), _>` with its error.
    ///
    /// A name that no function performs fails the test before anything runs; where names are computed, at the end of a run
    /// that performed a step which nobody knew of. Of a durable function that is called directly the steps are known when
    /// it is registered too.
    ///
    /// ```
    /// # use durable::prelude::*;
    /// # use durable::testing::TestEngine;
    /// #[step]
    /// async fn charge(card: &str, amount: u32) -> Result<u32, String> {
    ///     Err(format!("no bank to charge {amount} to {card}"))
    /// }
    ///
    /// #[durable]
    /// async fn pay(amount: u32) -> Result<u32, String> {
    ///     charge("1234", amount).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let bank = |card: String, amount: u32| match card.as_str() {
    ///     "1234" => Ok::<u32, String>(amount + 1),
    ///     _ => Err("declined".to_owned()),
    /// };
    /// let run = TestEngine::new().mock_step("charge", bank).run(pay(7)).await;
    /// assert_eq!(run.result().unwrap(), 8);
    /// # }
    /// ```
    pub fn mock_step<A: 'static>(self, name: impl Into<String>, mock: impl StepMock<A>) -> Self {
        self.stage.mock(name.into(), mock);
        self
    }

    /// Lets a closure stand in for a function that is invoked as an execution of its own, by the function's name. A name
    /// that nothing invokes fails the test at the end of a run that invoked something else.
    ///
    /// ```
    /// # use durable::prelude::*;
    /// # use durable::testing::TestEngine;
    /// #[durable]
    /// async fn pay(amount: u32) -> Result<String, durable::InvokeError> {
    ///     let checked = invoke::<String>("fraud_check", &amount).await?;
    ///     Ok(checked)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let fine = |amount: u32| Ok::<_, String>(format!("{amount} is fine"));
    /// let run = TestEngine::new().mock_invoke("fraud_check", fine).run(pay(7)).await;
    /// assert_eq!(run.result().unwrap(), "7 is fine");
    /// # }
    /// ```
    pub fn mock_invoke<I, O, E>(
        mut self,
        name: &'static str,
        mock: impl Fn(I) -> Result<O, E> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        I: DeserializeOwned + 'static,
        O: Serialize + 'static,
        E: std::fmt::Display + 'static,
    {
        self.mocked.push(name);
        self.mocks.add(move |builder| {
            let mock = mock.clone();
            builder
                .recast(|functions| functions.without(name))
                .register_plain(name, move |input| std::future::ready(mock(input)))
        });
        self
    }

    /// Ends the process once, at this moment in the life of the operation of this name; another one goes on.
    ///
    /// ```
    /// # use durable::prelude::*;
    /// # use durable::testing::{Phase, TestEngine};
    /// #[step]
    /// async fn charge(amount: u32) -> u32 {
    ///     amount
    /// }
    ///
    /// #[durable]
    /// async fn pay(amount: u32) -> u32 {
    ///     charge(amount).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let run = TestEngine::new().crash_at("charge", Phase::AfterCommit).run(pay(7)).await;
    /// assert_eq!(run.output().unwrap(), 7);
    /// assert_eq!(run.invocations(), 2);
    /// # }
    /// ```
    pub fn crash_at(self, name: impl Into<String>, phase: Phase) -> Self {
        self.fault(Wrong::Crash, At::Operation(name.into(), phase))
    }

    /// Lets the store report an error once, at this moment in the life of the operation of this name. The process lives on
    /// and does not know whether the write happened: with [`Phase::BeforeCommit`] it did not, otherwise it did.
    pub fn checkpoint_error(self, name: impl Into<String>, phase: Phase) -> Self {
        self.fault(Wrong::Error, At::Operation(name.into(), phase))
    }

    /// Refuses the write of the outcome of the operation of this name once, as if another process had taken the execution
    /// over.
    pub fn fence_at(self, name: impl Into<String>) -> Self {
        self.fault(Wrong::Fence, At::Operation(name.into(), Phase::BeforeCommit))
    }

    /// Cuts an invocation off once, when it is about to have something recorded of the operation of this name, as an
    /// invocation that takes too long is on AWS Lambda.
    pub fn time_out_at(self, name: impl Into<String>) -> Self {
        self.fault(Wrong::Timeout, At::Operation(name.into(), Phase::BeforeCommit))
    }

    fn fault(self, wrong: Wrong, at: At) -> Self {
        self.stage.faults.add(Fault { wrong, at });
        self
    }

    /// Runs a durable function to its end.
    #[track_caller]
    pub fn run<D: Definition>(self, call: Call<D>) -> impl Future<Output = TestRun<D>> {
        let at = Location::caller();
        let stepped = self.start(call);
        async move { stepped.await.finish_at(at).await }
    }

    /// Starts a durable function and goes on until it waits for something, for a test that does the rest by hand.
    #[track_caller]
    pub fn start<D: Definition>(mut self, call: Call<D>) -> impl Future<Output = Stepped<D>> {
        let at = Location::caller();
        let input =
            super::input_of(call).unwrap_or_else(|error| fail(at, format!("the arguments can't be written: {error}")));
        self.recipe.add(|builder| builder.recast(Functions::with_definition::<D>));
        let start = Start { function: D::define().function.name(), name: self.name.clone(), input };
        async move {
            let scenario = self.scenario.clone();
            let mut driver = self.driver(start, at);
            if let Err(problem) = driver.settle().await {
                fail(at, problem);
            }
            Stepped { driver, scenario, definition: PhantomData }
        }
    }

    fn driver(self, start: Start, at: Asked) -> Driver {
        let Self { mut recipe, mocks, mocked, stage, handlers, name: _, scenario } = self;
        let functions = recipe.function_names();
        recipe.add_last(mocks);
        if let Some(scenario) = &scenario {
            scenario.begin(&stage.faults);
        }
        let clock = Arc::new(VirtualClock::new());
        let cast = recipe.cast(clock.clone(), Arc::new(EmptyStage::default())).unwrap_or_else(|error| fail(at, error));
        let planned = Planned::of(&cast.plans(), functions);
        let callbacks = handlers.iter().map(|handler| handler.name.clone()).collect();
        let used = Used { steps: stage.mocked(), callbacks, answered: Vec::new(), invokes: mocked };
        planned.check_before(&used).unwrap_or_else(|problem| fail(at, problem));
        let memory = Memory::new().unwrap_or_else(|error| fail(at, error));
        Driver {
            recipe,
            stage,
            clock,
            memory: Arc::new(memory),
            handlers,
            planned,
            used,
            start,
            process: None,
            root: None,
            agenda: Agenda::default(),
        }
    }

    /// Fails unless today's code of the function replays each of the histories in these files (`*` stands for any part of a
    /// file's name). See [`assert_replays`](super::assert_replays).
    #[track_caller]
    pub fn assert_replays<A, F>(self, files: &str, function: F)
    where
        A: 'static,
        F: DurableFunction<A> + Clone + Send + Sync + 'static,
    {
        let at = Location::caller();
        if let Err(problem) = self.replay_files(files, function) {
            fail(at, problem);
        }
    }

    pub(super) fn replay_files<A, F>(self, files: &str, function: F) -> Result<(), String>
    where
        A: 'static,
        F: DurableFunction<A> + Clone + Send + Sync + 'static,
    {
        check::golden(&self.register(function).recipe, files)
    }
}
