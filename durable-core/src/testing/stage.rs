//! What a test has put between executions and the world.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::fault::Faults;
use super::mock::{Returned, StepMock, instead};
use crate::context::{Instead, Performing, Rehearsal};
use crate::model::{ErrorObject, ExecutionId, OperationId, OperationUpdate};
use crate::operation::{Place, panic_text};

/// A step that a run performed: where, and with which arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Witnessed {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) arguments: Vec<Option<String>>,
}

pub(super) type ByOperation = BTreeMap<(ExecutionId, OperationId), Witnessed>;

/// A mock without its types.
type Attempt = Box<dyn FnMut(&[Option<String>]) -> Result<Returned, String> + Send>;

/// The mocks of a test, what it has seen, and what it finds wrong.
#[derive(Default)]
pub(super) struct Stage {
    mocks: Mutex<BTreeMap<String, Attempt>>,
    witnessed: Mutex<ByOperation>,
    pub(super) faults: Arc<Faults>,
    complaint: watch::Sender<Option<String>>,
}

impl Stage {
    pub(super) fn mock<A: 'static>(&self, name: String, mut mock: impl StepMock<A>) {
        lock(&self.mocks).insert(name, Box::new(move |arguments| mock.attempt(arguments)));
    }

    /// The names of the mocks.
    pub(super) fn mocked(&self) -> Vec<String> {
        lock(&self.mocks).keys().cloned().collect()
    }

    /// What the first run of each step performed it with.
    pub(super) fn witnessed(&self) -> ByOperation {
        lock(&self.witnessed).clone()
    }

    /// Returns when something is wrong with the test or the code.
    pub(super) async fn complains(&self) -> String {
        let mut complaints = self.complaint.subscribe();
        // Not held while it waits, so that a test may be spawned.
        let complaint = complaints.wait_for(Option::is_some).await.map(|complaint| complaint.clone());
        match complaint {
            Ok(complaint) => complaint.unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    fn complain(&self, problem: String) {
        self.complaint.send_if_modified(|complaint| {
            let first = complaint.is_none();
            complaint.get_or_insert(problem);
            first
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rehearsal for Stage {
    fn places(&self, _: &OperationId, _: Place) {}

    fn performs(&self, step: &Performing<'_>) {
        let now = Witnessed::of(step);
        let mut witnessed = lock(&self.witnessed);
        let first = witnessed.entry((step.execution, step.id.clone())).or_insert_with(|| now.clone());
        if let Some(difference) = first.difference(&now) {
            self.complain(difference);
        }
    }

    fn instead(&self, step: &Performing<'_>) -> Option<Instead> {
        let mut mocks = lock(&self.mocks);
        let mock = mocks.get_mut(step.name.as_str())?;
        let given = catch_unwind(AssertUnwindSafe(|| mock(step.arguments)))
            .unwrap_or_else(|panic| Err(format!("it panicked: {}", panic_text(panic.as_ref()))));
        Some(given.map(instead).unwrap_or_else(|problem| {
            self.complain(format!("the mock of step `{}` can't be used: {problem}", step.name));
            Instead::Hangs
        }))
    }

    fn runs_bodies(&self) -> bool {
        true
    }

    fn cuts(&self, execution: ExecutionId, updates: &[OperationUpdate]) -> Option<ErrorObject> {
        self.faults.cut(execution, updates)
    }
}

impl Witnessed {
    fn of(step: &Performing<'_>) -> Self {
        let (name, place) = (step.name.to_string(), step.place.to_string());
        Self { name, place, arguments: step.arguments.to_vec() }
    }

    /// How a later run of the same step differs, if it does.
    pub(super) fn difference(&self, later: &Self) -> Option<String> {
        let differing = self.arguments.iter().zip(&later.arguments).position(|(first, later)| first != later)?;
        let argument = |witnessed: &Self| witnessed.arguments.get(differing).cloned().flatten().unwrap_or_default();
        Some(format!(
            "argument {} of step `{}` at {} was {} when the step ran, and a replay has {}\n\
             help: make what it is made of a step of its own, or read it from what is recorded\n\
             note: a replay runs the code between the steps again, so that code has to give the same values every time",
            differing + 1,
            self.name,
            later.place,
            argument(self),
            argument(later),
        ))
    }
}

/// A stage on which no body runs: the code goes as far as its records do.
#[derive(Default)]
pub(super) struct EmptyStage {
    witnessed: Mutex<ByOperation>,
    places: Mutex<BTreeMap<OperationId, Place>>,
}

impl EmptyStage {
    /// Where in the source the code performs this operation.
    pub(super) fn place(&self, id: &OperationId) -> Option<Place> {
        lock(&self.places).get(id).copied()
    }

    pub(super) fn witnessed(&self) -> ByOperation {
        lock(&self.witnessed).clone()
    }
}

impl Rehearsal for EmptyStage {
    fn places(&self, id: &OperationId, place: Place) {
        lock(&self.places).insert(id.clone(), place);
    }

    fn performs(&self, step: &Performing<'_>) {
        lock(&self.witnessed).insert((step.execution, step.id.clone()), Witnessed::of(step));
    }

    fn instead(&self, _: &Performing<'_>) -> Option<Instead> {
        None
    }

    fn runs_bodies(&self) -> bool {
        false
    }

    fn cuts(&self, _: ExecutionId, _: &[OperationUpdate]) -> Option<ErrorObject> {
        None
    }
}
