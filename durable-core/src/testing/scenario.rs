//! A scenario that is run again and again, each time with something else going wrong.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, Location, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;

use super::failure::{At as Asked, fail};
use super::fault::{At, Fault, Faults, Phase, Wrong};
use crate::operation::panic_text;

tokio::task_local! {
    static CURRENT: Arc<Scenario>;
}

/// What is asked of the test engines of one run of a scenario.
#[derive(Debug, Default)]
pub(super) struct Scenario {
    crash: Option<At>,
    thorough: bool,
    /// What was written when the process was ended.
    struck: Arc<OnceLock<String>>,
    /// How many test engines have run something.
    started: AtomicUsize,
    /// How many runs were replayed.
    replayed: AtomicUsize,
}

impl Scenario {
    /// The scenario that this task runs.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Whether runs are to be replayed from each of their writes.
    pub(super) fn is_thorough(&self) -> bool {
        self.thorough
    }

    /// A test engine begins to run something.
    pub(super) fn begin(&self, faults: &Faults) {
        self.started.fetch_add(1, Ordering::Relaxed);
        if let Some(at) = self.crash.clone() {
            faults.add_noted(Fault { wrong: Wrong::Crash, at }, Arc::clone(&self.struck));
        }
    }

    /// A run was replayed from each of its writes.
    pub(super) fn note_replayed(&self) {
        self.replayed.fetch_add(1, Ordering::Relaxed);
    }

    async fn play<T>(self: Arc<Self>, scenario: &impl AsyncFn() -> T) -> T {
        CURRENT.scope(self, scenario()).await
    }
}

/// Runs a scenario once as it is, and then once for each write of its test engines with the process ended before it, and
/// once after it. Fails unless it comes to the same each time, or if there is no test engine in it; returns what that is.
///
/// Let the scenario return all that matters: what the function returned, and what was done to the world.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// use durable::prelude::*;
/// use durable::testing::{TestEngine, crash_everywhere};
///
/// #[durable]
/// async fn charge(State(charged): State<Arc<AtomicU32>>, amount: u32) -> u32 {
///     #[step(name = "charge")]
///     charged.store(amount, Ordering::Relaxed); // `fetch_add` would charge twice, and fail here
///     amount
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scenario = async || {
///     let charged = Arc::new(AtomicU32::new(0));
///     let run = TestEngine::new().state(Arc::clone(&charged)).run(charge(5)).await;
///     (run.output().unwrap(), charged.load(Ordering::Relaxed))
/// };
/// assert_eq!(crash_everywhere(scenario).await, (5, 5));
/// # }
/// ```
#[track_caller]
pub fn crash_everywhere<T: PartialEq + Debug>(scenario: impl AsyncFn() -> T) -> impl Future<Output = T> {
    let asked = Location::caller();
    async move {
        let uncut = Arc::<Scenario>::default().play(&scenario).await;
        for number in 1.. {
            for phase in [Phase::BeforeCommit, Phase::AfterCommit] {
                if !crash(&scenario, (number, phase), &uncut, asked).await {
                    if (number, phase) == (1, Phase::BeforeCommit) {
                        fail(asked, format!("the scenario was not crashed once: {NOT_SEEN}"));
                    }
                    return uncut;
                }
            }
        }
        uncut
    }
}

/// Why a scenario has nothing to check.
const NOT_SEEN: &str = "no `TestEngine` in it has run anything\n\
     help: make it, and `.run(…)` or `.start(…)` it, inside of the scenario\n\
     note: one that is made in another task or thread is not seen; make it before, and move it there";

/// Runs the scenario with a crash at this write; returns whether there is such a write.
async fn crash<T: PartialEq + Debug>(
    scenario: &impl AsyncFn() -> T,
    (number, phase): (u64, Phase),
    uncut: &T,
    asked: Asked,
) -> bool {
    let played = Arc::new(Scenario { crash: Some(At::Write(number, phase)), ..Scenario::default() });
    let outcome = AssertUnwindSafe(Arc::clone(&played).play(scenario)).catch_unwind().await;
    let moment = match (phase, played.struck.get()) {
        (_, None) => match outcome {
            Ok(_) => return false,
            Err(panic) => resume_unwind(panic),
        },
        (Phase::BeforeCommit, Some(write)) => format!("just before {write}"),
        (_, Some(write)) => format!("just after {write}"),
    };
    match outcome {
        Ok(outcome) if outcome == *uncut => true,
        Ok(outcome) => fail(
            asked,
            format!(
                "the scenario comes to something else when the process ends {moment}\n  \
                 without a crash: {uncut:?}\n  with the crash:  {outcome:?}\n\
                 help: a step whose end was not recorded runs again, so what it does to the world has to be the same when \
                 it is done twice: pass a key that was recorded before, or use `#[step(at_most_once)]`"
            ),
        ),
        Err(panic) => {
            fail(asked, format!("the scenario fails when the process ends {moment}: {}", panic_text(panic.as_ref())))
        }
    }
}

/// How often the code is replayed from each write.
pub(super) const REPLAYS: usize = 3;

/// Runs a scenario once, and replays each execution in it from every one of its writes, several times. Fails at the first
/// replay that performs something else than what was recorded, passes other arguments to a step, or returns something else;
/// and if a run was not taken to its end, or there was none.
///
/// ```
/// use durable::prelude::*;
/// use durable::testing::{TestEngine, assert_deterministic};
///
/// #[durable]
/// async fn sort(mut items: Vec<u32>) -> Vec<u32> {
///     sleep(seconds(1)).await;
///     items.sort();
///     items
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_deterministic(async || {
///     TestEngine::new().run(sort(vec![2, 1])).await.output().unwrap();
/// })
/// .await;
/// # }
/// ```
#[track_caller]
pub fn assert_deterministic<T>(scenario: impl AsyncFn() -> T) -> impl Future<Output = T> {
    let asked = Location::caller();
    async move {
        let played = Arc::new(Scenario { thorough: true, ..Scenario::default() });
        let outcome = Arc::clone(&played).play(&scenario).await;
        let (started, replayed) = (played.started.load(Ordering::Relaxed), played.replayed.load(Ordering::Relaxed));
        if started == 0 {
            fail(asked, format!("nothing was replayed: {NOT_SEEN}"));
        }
        if replayed < started {
            fail(
                asked,
                format!(
                    "{replayed} of the {started} runs of the scenario were replayed; the others were not taken to their end\n\
                     help: end what was begun with `.start(…)` by `.finish().await`"
                ),
            );
        }
        outcome
    }
}
