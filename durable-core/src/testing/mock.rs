//! What stands in for steps in a test.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::Location;

use serde::de::DeserializeOwned;

use super::failure::fail;
use crate::context::{Given, Instead};
use crate::model::ErrorObject;
use crate::value::{PANICKED, TIMED_OUT, from_json};

/// What can stand in for a step: a closure that takes the arguments of the step's definition, or none, and returns what
/// the step returns.
///
/// Arguments are read from JSON, so a `&Order` is taken as an `Order`. A step on a line has no arguments, as its body is
/// any code.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't stand in for a step",
    label = "a closure that takes the step's arguments by value, or none, and returns what the step returns",
    note = "arguments are read from JSON, so each needs `serde::Deserialize`; the closure owns what it uses (`move`)"
)]
pub trait StepMock<A>: Send + 'static {
    #[doc(hidden)]
    fn attempt(&mut self, arguments: &[Option<String>]) -> Result<Returned, String>;
}

/// What a mock returned.
pub struct Returned(Box<dyn Given>);

macro_rules! step_mock {
    ($count:literal $(, $argument:ident $position:literal)*) => {
        impl<F, R, $($argument),*> StepMock<($($argument,)*)> for F
        where
            F: FnMut($($argument),*) -> R + Send + 'static,
            R: 'static,
            $($argument: DeserializeOwned,)*
        {
            #[allow(unused_variables, reason = "a closure without arguments reads none")]
            fn attempt(&mut self, arguments: &[Option<String>]) -> Result<Returned, String> {
                if $count > 0 && arguments.len() != $count {
                    return Err(wrong_count($count, arguments.len()));
                }
                Ok(Returned(Box::new(self($(argument::<$argument>(arguments, $position)?),*))))
            }
        }
    };
}

step_mock!(0);
step_mock!(1, A1 0);
step_mock!(2, A1 0, A2 1);
step_mock!(3, A1 0, A2 1, A3 2);
step_mock!(4, A1 0, A2 1, A3 2, A4 3);
step_mock!(5, A1 0, A2 1, A3 2, A4 3, A5 4);
step_mock!(6, A1 0, A2 1, A3 2, A4 3, A5 4, A6 5);

fn wrong_count(asked: usize, given: usize) -> String {
    match given {
        0 => format!(
            "its closure takes {asked} arguments, and the step has none\n\
             help: write a closure without arguments; only a step's definition, `#[step] async fn`, has them"
        ),
        _ => format!("its closure takes {asked} arguments, and the step has {given}"),
    }
}

fn argument<A: DeserializeOwned>(arguments: &[Option<String>], position: usize) -> Result<A, String> {
    let number = position + 1;
    let Some(Some(json)) = arguments.get(position) else {
        return Err(format!("argument {number} can't be written as JSON\nhelp: write a closure without arguments"));
    };
    from_json(Some(json)).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
        format!("argument {number} is {json}, which is no `{}`{cause}", std::any::type_name::<A>())
    })
}

pub(super) fn instead(Returned(given): Returned) -> Instead {
    let any: &dyn Any = &*given;
    match any.downcast_ref() {
        Some(Mishap(error)) => Instead::Fails(error.clone()),
        None => Instead::Gives(given),
    }
}

/// An end of an attempt that its body does not decide: see [`times_out`] and [`panics`].
#[derive(Debug, Clone)]
pub struct Mishap(ErrorObject);

/// What a mock returns for an attempt that takes longer than its timeout.
///
/// ```
/// # use durable::prelude::*;
/// # use durable::testing::{self, TestEngine};
/// #[durable]
/// async fn ask() -> Result<u32, Box<dyn std::error::Error>> {
///     #[step(timeout = "5s", retry(none))]
///     let answer = async { Ok::<u32, Box<dyn std::error::Error>>(42) }.await?;
///     Ok(answer)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let run = TestEngine::new().mock_step("answer", testing::times_out).run(ask()).await;
/// assert!(run.result().is_err());
/// # }
/// ```
pub fn times_out() -> Mishap {
    Mishap(ErrorObject::new(TIMED_OUT, "the attempt took too long"))
}

/// What a mock returns for an attempt that panics.
pub fn panics() -> Mishap {
    Mishap(ErrorObject::new(PANICKED, "the attempt panicked"))
}

/// A mock that gives one outcome after the other, one for each attempt; the last one stays.
///
/// ```
/// # use durable::prelude::*;
/// # use durable::testing::{self, TestEngine};
/// #[step(retry(max_attempts = 3))]
/// async fn charge(amount: u32) -> Result<u32, String> {
///     Ok(amount)
/// }
///
/// #[durable]
/// async fn pay(amount: u32) -> Result<u32, String> {
///     charge(amount).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let declined = || Err::<u32, _>("declined".to_owned());
/// let outcomes = testing::in_turn([declined(), declined(), Ok(7)]);
/// let run = TestEngine::new().mock_step("charge", outcomes).run(pay(7)).await;
/// assert_eq!(run.result().unwrap(), 7);
/// assert_eq!(run.attempts("charge"), 3);
/// # }
/// ```
#[track_caller]
pub fn in_turn<R: Clone + Send + 'static>(outcomes: impl IntoIterator<Item = R>) -> impl FnMut() -> R + Send + 'static {
    let at = Location::caller();
    let mut outcomes: VecDeque<R> = outcomes.into_iter().collect();
    move || {
        let next = outcomes.pop_front();
        if outcomes.is_empty() {
            outcomes.extend(next.clone());
        }
        next.unwrap_or_else(|| fail(at, "`in_turn` was given no outcome"))
    }
}
