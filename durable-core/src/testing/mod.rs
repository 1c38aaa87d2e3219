//! The testing kit: durable functions in plain unit tests, with a year in a millisecond and a crash at every checkpoint.
//!
//! A [`TestEngine`] is the engine itself, on a clock that stands still until nothing else can happen and with a store in
//! memory. `run` takes a function to its end; `start` leaves the rest to the test. What is wrong with a run fails the test:
//! a replay at its end that comes to something else, arguments of a step that differ between two runs, a mock of a step
//! that does not exist, a callback that nobody completes.
//!
//! | to | use |
//! |---|---|
//! | run to the end | [`TestEngine::run`] |
//! | answer callbacks | [`TestEngine::on_callback`] with an [`Answer`] |
//! | let time pass, crash and answer by hand | [`TestEngine::start`], [`Stepped`] |
//! | stand in for steps and invoked functions | [`TestEngine::mock_step`], [`in_turn`], [`TestEngine::mock_invoke`] |
//! | let things go wrong | [`TestEngine::crash_at`], [`checkpoint_error`](TestEngine::checkpoint_error), [`fence_at`](TestEngine::fence_at), [`time_out_at`](TestEngine::time_out_at) |
//! | crash at each checkpoint | [`crash_everywhere`] |
//! | replay from each checkpoint | [`assert_deterministic`] |
//! | look at what happened | [`TestRun`] |
//! | keep histories for later code | [`History`], [`assert_replays`] |
//!
//! It is behind the feature `testing`, which belongs into `[dev-dependencies]`.

mod callback;
mod check;
mod clock;
mod drive;
mod engine;
mod failure;
mod fault;
mod history;
mod mock;
mod names;
mod recipe;
mod run;
mod scenario;
mod stage;
mod stepped;
mod store;
mod witness;

use std::panic::Location;

pub use callback::{Act, Answer};
pub use engine::TestEngine;
pub use fault::Phase;
pub use history::History;
pub use mock::{Mishap, StepMock, in_turn, panics, times_out};
pub use run::TestRun;
pub use scenario::{assert_deterministic, crash_everywhere};
pub use stepped::Stepped;
#[doc(hidden)]
pub use witness::{Witness, is_rehearsed};

use crate::engine::DurableFunction;
use crate::operation::{Call, Definition};
use crate::value::CodecError;

/// Fails unless today's code of a durable function replays each of the histories in these files, which [`History::save`]
/// wrote; `*` stands for any part of a file's name.
///
/// A history that has ended has to end the same again; one that has not, or that was stopped or timed out, has to be replayed
/// to where it stands. Nothing is run that is not on record. A function with state is replayed by
/// [`TestEngine::assert_replays`].
#[track_caller]
pub fn assert_replays<A, F>(files: &str, function: F)
where
    A: 'static,
    F: DurableFunction<A> + Clone + Send + Sync + 'static,
{
    let at = Location::caller();
    if let Err(problem) = TestEngine::new().replay_files(files, function) {
        failure::fail(at, problem);
    }
}

/// The arguments of a call as they travel to where the function runs.
///
/// **Errors:** [`CodecError`] if one can't be written as JSON.
pub fn input_of<D: Definition>(call: Call<D>) -> Result<Option<String>, CodecError> {
    D::define().encode(&call.into_input())
}
