//! How to make the engine of a test anew for each process.

use std::sync::Arc;

use super::stage::{EmptyStage, Stage};
use super::store::FaultyStore;
use crate::context::Rehearsal;
use crate::engine::{Cast, Engine, EngineBuilder, StartError};
use crate::model::{Clock, SeededEntropy};
use crate::store::Store;

/// What makes an engine of an empty one.
type Ingredient = Arc<dyn Fn(EngineBuilder) -> EngineBuilder + Send + Sync>;

/// Everything that the engines of a test have in common.
#[derive(Clone, Default)]
pub(super) struct Recipe(Vec<Ingredient>);

impl Recipe {
    pub(super) fn add(&mut self, ingredient: impl Fn(EngineBuilder) -> EngineBuilder + Send + Sync + 'static) {
        self.0.push(Arc::new(ingredient));
    }

    /// Adds what another recipe says.
    pub(super) fn add_last(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// A new process on the memory of the test.
    pub(super) async fn start(
        &self,
        store: Arc<FaultyStore>,
        clock: Arc<dyn Clock>,
        stage: Arc<Stage>,
    ) -> Result<Engine, StartError> {
        self.builder(store, clock, stage).start().await
    }

    /// The names of the functions.
    pub(super) fn function_names(&self) -> Vec<&'static str> {
        self.mix(Engine::in_memory()).function_names()
    }

    /// The functions by themselves, on an empty stage.
    pub(super) fn cast(&self, clock: Arc<dyn Clock>, stage: Arc<EmptyStage>) -> Result<Cast, StartError> {
        let builder = self.mix(Engine::in_memory().clock(clock));
        builder.cast(stage)
    }

    fn builder(&self, store: Arc<dyn Store>, clock: Arc<dyn Clock>, stage: Arc<dyn Rehearsal>) -> EngineBuilder {
        // The same delays in each test.
        let builder = Engine::on_store(store).entropy(Arc::new(SeededEntropy::new(0)));
        self.mix(builder).clock(clock).rehearsed(stage)
    }

    fn mix(&self, builder: EngineBuilder) -> EngineBuilder {
        self.0.iter().fold(builder, |builder, ingredient| ingredient(builder))
    }
}
