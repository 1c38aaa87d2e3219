//! A scenario that is run again and again, each time with something else going wrong.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, Location, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

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
    struck: Mutex<Option<String>>,
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

    pub(super) fn prepare(&self, faults: &Faults) {
        if let Some(at) = self.crash.clone() {
            faults.add(Fault { wrong: Wrong::Crash, at });
        }
    }

    /// Takes down whether the process was ended.
    pub(super) fn note(&self, faults: &Faults) {
        let mut struck = self.struck.lock().unwrap_or_else(PoisonError::into_inner);
        if self.crash.is_some() && struck.is_none() {
            *struck = faults.last();
        }
    }

    fn struck(&self) -> Option<String> {
        self.struck.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn play<T>(self: Arc<Self>, scenario: &impl AsyncFn() -> T) -> T {
        CURRENT.scope(self, scenario()).await
    }
}

/// Runs a scenario once as it is, and then once for each write of its test engines with the process ended before it, and
/// once after it. Fails unless it comes to the same each time; returns what that is.
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
                    return uncut;
                }
            }
        }
        uncut
    }
}

/// Runs the scenario with a crash at this write; returns whether there is such a write.
async fn crash<T: PartialEq + Debug>(
    scenario: &impl AsyncFn() -> T,
    (number, phase): (u64, Phase),
    uncut: &T,
    asked: Asked,
) -> bool {
    let played = Arc::new(Scenario { crash: Some(At::Write(number, phase)), ..Scenario::default() });
    let outcome = AssertUnwindSafe(Arc::clone(&played).play(scenario)).catch_unwind().await;
    let moment = match (phase, played.struck()) {
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
/// replay that performs something else than what was recorded, passes other arguments to a step, or returns something else.
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
pub async fn assert_deterministic<T>(scenario: impl AsyncFn() -> T) -> T {
    Arc::new(Scenario { thorough: true, ..Scenario::default() }).play(&scenario).await
}
