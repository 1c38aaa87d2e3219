//! How a step is performed, and what of that depends on the type of its outcome.

use std::any::Any;

use super::{Body, Said, StepInterrupted, Test};
use crate::context::{Given, Instead, Performed, serialisation_failure};
use crate::model::{ErrorObject, Kind};
use crate::operation::attempts::{Attempt, Attempted, INTERRUPTED, Repeats, run_attempts, wrong_mock};
use crate::operation::{Ctx, LocalBoxFuture, Performing, Place};
use crate::value::{Codec, CodecError, Recorded};

/// Performs a step of a definition.
#[track_caller]
pub(super) fn perform_boxed<'a, T: 'static>(
    ctx: &'a Ctx,
    name: &'static str,
    body: Box<dyn for<'b> Body<'b, T> + 'a>,
    codec: &'static dyn Codec<T>,
    said: Said<'static>,
) -> Performing<'a, T> {
    let place = Place::here(name);
    Performing::new(async move { perform(ctx, place, &*body, codec, said).await })
}

/// Performs a step and gives its outcome to the user's code.
///
/// What does not depend on the type of the outcome is in [`perform_untyped`], where it is compiled once.
pub(in crate::operation) fn perform<'a, T: 'static>(
    ctx: &'a Ctx,
    place: Place,
    body: &'a dyn Body<'a, T>,
    codec: &'a dyn Codec<T>,
    said: Said<'a>,
) -> Performing<'a, T> {
    Performing::new(async move {
        let mut code = Code { body, codec, outcome: None };
        let (step, recorded) = perform_untyped(ctx, place, &mut code, said).await;
        if let Some(outcome) = code.outcome {
            return outcome;
        }
        // What `Ctx::decode` does, but that would be one more coroutine for each type.
        match codec.decode(recorded) {
            Ok(outcome) => outcome,
            Err(error) => match ctx.refuse(error, &step).await {},
        }
    })
}

/// What a step runs, and what its outcome is recorded with.
struct Code<'a, T> {
    body: &'a dyn Body<'a, T>,
    codec: &'a dyn Codec<T>,
    /// An outcome that the body did not give.
    outcome: Option<T>,
}

/// The [`Code`] of a step whose type of result is not known here.
trait Untyped {
    /// Runs the body, if no outcome is there instead: the encoded outcome, and whether another attempt may follow if it
    /// failed.
    fn run<'c>(&'c mut self, test: Option<&'c Test<'_>>)
    -> LocalBoxFuture<'c, (Result<Recorded, CodecError>, Repeats)>;

    /// Whether what the code gets for this error passes the test. An error that its type has no place for passes none.
    fn passes(&self, error: ErrorObject, test: &Test<'_>) -> bool;

    /// Where an outcome can be put that the body did not give.
    fn outcome(&mut self) -> &mut dyn Any;

    /// What the code gives.
    fn type_name(&self) -> &'static str;
}

impl<T: 'static> Untyped for Code<'_, T> {
    fn run<'c>(
        &'c mut self,
        test: Option<&'c Test<'_>>,
    ) -> LocalBoxFuture<'c, (Result<Recorded, CodecError>, Repeats)> {
        Box::pin(async move {
            let outcome = match self.outcome.take() {
                Some(outcome) => outcome,
                None => self.body.call().await,
            };
            let repeats = match test {
                Some(test) => Repeats::IfTested(test(&outcome)),
                None => Repeats::AsTheRetrySays,
            };
            (self.codec.encode(&outcome), repeats)
        })
    }

    fn passes(&self, error: ErrorObject, test: &Test<'_>) -> bool {
        match self.codec.decode(Recorded::Failed(error)) {
            Ok(outcome) => test(&outcome),
            Err(_) => false,
        }
    }

    fn outcome(&mut self) -> &mut dyn Any {
        &mut self.outcome
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }
}

/// Performs any step; what is recorded of it, unless the code has its outcome already.
fn perform_untyped<'a>(
    ctx: &'a Ctx,
    place: Place,
    code: &'a mut dyn Untyped,
    said: Said<'a>,
) -> LocalBoxFuture<'a, (Performed, Recorded)> {
    Box::pin(async move {
        let Said { name, was, key, attempts, serdes, retryable, arguments, interrupted } = said;
        let keyed = key.map(|key| ctx.keyed(Some(key)));
        let ctx = keyed.as_ref().unwrap_or(ctx);
        let step = ctx.perform_renamed(Kind::Step, place.name(name), was, place).await.with_serdes(&serdes);
        step.tell_performed(&arguments);
        let mut attempt = StepAttempt { step: &step, code, test: retryable.as_deref(), arguments, interrupted };
        let recorded = run_attempts(ctx, &step, attempts, &mut attempt).await;
        if let Recorded::Failed(error) = &recorded
            && let Some(outcome) = attempt.as_interrupted(error)
        {
            outcome.put(attempt.code.outcome());
        }
        (step, recorded)
    })
}

/// An attempt of a step.
struct StepAttempt<'a> {
    step: &'a Performed,
    code: &'a mut dyn Untyped,
    test: Option<&'a Test<'a>>,
    arguments: Vec<Option<String>>,
    interrupted: Option<fn(StepInterrupted) -> Box<dyn Given>>,
}

impl StepAttempt<'_> {
    /// What the code gets for an attempt that was interrupted, if that is what the error says.
    fn as_interrupted(&self, error: &ErrorObject) -> Option<Box<dyn Given>> {
        let interrupted = self.interrupted?;
        // A user's error of this name carries its value.
        let is_interruption = error.is(INTERRUPTED) && error.data.is_none();
        is_interruption.then(|| interrupted(StepInterrupted { message: error.message.clone().unwrap_or_default() }))
    }
}

impl Attempt for StepAttempt<'_> {
    async fn make(&mut self) -> Attempted {
        match self.step.instead(&self.arguments) {
            None => {}
            Some(Instead::Gives(outcome)) => {
                let fits = outcome.put(self.code.outcome());
                if !fits {
                    let error = wrong_mock("the step", self.code.type_name());
                    return Attempted { recorded: Recorded::Failed(error), repeats: Repeats::Never };
                }
            }
            Some(Instead::Fails(error)) => {
                return Attempted::failed(self, error);
            }
            Some(Instead::Hangs) => std::future::pending().await,
        }
        match self.code.run(self.test).await {
            (Ok(recorded), repeats) => Attempted { recorded, repeats },
            // A result that does not serialise would not do so the next time either.
            (Err(error), _) => {
                Attempted { recorded: serialisation_failure(self.step, &error), repeats: Repeats::Never }
            }
        }
    }

    fn judge(&self, error: &ErrorObject) -> Repeats {
        let Some(test) = self.test else { return Repeats::AsTheRetrySays };
        Repeats::IfTested(match self.as_interrupted(error) {
            Some(outcome) => test(&*outcome),
            None => self.code.passes(error.clone(), test),
        })
    }
}
