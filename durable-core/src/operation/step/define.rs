//! The step of a definition: made when that is called, with the codec picked by the type of its result.

use std::fmt::Display;
use std::future::pending;

use super::{CallBody, Step};
use crate::value::{
    Codec, DurableValue, Error, Opaque, PickBare, PickOfStep, PickOpaque, Plain, RecordableError, Refuse, RefuseError,
    RefuseValue, Typed, TypedDisplay, TypedFrom, Unrecordable,
};

/// What the step of a definition runs, and [`MakeStep`] picks the codec for.
pub struct Code<A, T>(CallBody<A, T>);

/// The body of a step whose arguments are of these types.
pub fn body_of<A, T>(_: &A, call: CallBody<A, T>) -> PickOfStep<Code<A, T>> {
    PickOfStep::new(Code(call))
}

impl<A, T: 'static> PickOpaque<Code<A, T>> {
    fn step(&self, name: &'static str, arguments: A, codec: &'static dyn Codec<T>) -> Step<A, T> {
        Step::new(name, arguments, self.picker().0, codec)
    }
}

/// The body of a step whose codec is known by the type of its result.
///
/// The method has a name that no trait of the user has: one that is implemented for every type would come first else.
pub trait MakeStep<A> {
    /// What the step gives.
    type Output: 'static;

    #[doc(hidden)]
    fn make_step(self, name: &'static str, arguments: A) -> Step<A, Self::Output>;
}

macro_rules! make_step {
    ($codec:expr) => {
        fn make_step(self, name: &'static str, arguments: A) -> Step<A, Self::Output> {
            self.step(name, arguments, &$codec)
        }
    };
}

#[diagnostic::do_not_recommend]
impl<A, T: DurableValue, E: DurableValue + Display + From<Error>> MakeStep<A> for PickOfStep<Code<A, Result<T, E>>> {
    type Output = Result<T, E>;

    make_step!(TypedFrom);
}

#[diagnostic::do_not_recommend]
impl<A, T: DurableValue, E: DurableValue + Display> MakeStep<A> for &PickOfStep<Code<A, Result<T, E>>> {
    type Output = Result<T, E>;

    make_step!(TypedDisplay);
}

#[diagnostic::do_not_recommend]
impl<A, T: DurableValue, E: DurableValue> MakeStep<A> for &mut PickOfStep<Code<A, Result<T, E>>> {
    type Output = Result<T, E>;

    make_step!(Typed);
}

// A `Result` that fits here has a recorded error, and has been picked above.
#[diagnostic::do_not_recommend]
impl<A, T: DurableValue> MakeStep<A> for &PickBare<Code<A, T>> {
    type Output = T;

    make_step!(Plain);
}

#[diagnostic::do_not_recommend]
impl<A, T: DurableValue, E: Display + From<Error> + 'static> MakeStep<A> for &PickOpaque<Code<A, Result<T, E>>> {
    type Output = Result<T, E>;

    make_step!(Opaque);
}

// The bounds that fail are shown with the error, so these are written out. None is ever called, as that does not compile.

impl<A, T: DurableValue, E: 'static> RefuseError<Code<A, Result<T, E>>> {
    #[doc(hidden)]
    pub fn make_step(&self, name: &'static str, arguments: A) -> Step<A, Result<T, E>>
    where
        E: RecordableError,
    {
        unrecordable(name, arguments)
    }
}

impl<A, T: 'static, E: 'static> RefuseValue<Code<A, Result<T, E>>> {
    #[doc(hidden)]
    pub fn make_step(&self, name: &'static str, arguments: A) -> Step<A, Result<T, E>>
    where
        T: DurableValue,
    {
        unrecordable(name, arguments)
    }
}

impl<A, T: 'static> Refuse<Code<A, T>> {
    #[doc(hidden)]
    pub fn make_step(&self, name: &'static str, arguments: A) -> Step<A, T>
    where
        T: DurableValue,
    {
        unrecordable(name, arguments)
    }
}

/// A step that does not get to run.
pub(crate) fn unrecordable<A, T: 'static>(name: &'static str, arguments: A) -> Step<A, T> {
    Step::new(name, arguments, |_| Box::pin(pending()), &Unrecordable)
}
