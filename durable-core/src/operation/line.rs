//! A `#[step]` on a line: performed where it is written, with the codec picked by the type of its result.

use std::fmt::Display;
use std::future::pending;

use super::step::{Body, Options, Said, perform};
use super::{Ctx, Performing, Place};
use crate::value::{
    DurableValue, Error, Opaque, PickBare, PickOfStep, PickOpaque, Plain, RecordableError, Refuse, RefuseError,
    RefuseValue, Typed, TypedDisplay, TypedFrom,
};

/// A step on a line, of which [`PerformLine`] picks the codec.
///
/// It knows its body by the result only, so that everything but the body itself is compiled once for each type of result
/// and not for each line.
pub type Line<'a, T> = PickOfStep<Code<'a, T>>;

/// What a step on a line runs.
pub struct Code<'a, T>(&'a dyn Body<'a, T>);

/// The step with this body.
///
/// It is given as a trait object, so that there is nothing to compile here for each line.
pub fn line<'a, T>(body: &'a dyn Body<'a, T>) -> Line<'a, T> {
    PickOfStep::new(Code(body))
}

impl<'a, T> PickOpaque<Code<'a, T>> {
    fn body(&self) -> &'a dyn Body<'a, T> {
        self.picker().0
    }
}

/// A step on a line whose codec is known by the type of its result.
///
/// The methods have names that no trait of the user has: one that is implemented for every type would come first else.
pub trait PerformLine<'a>: Sized {
    /// What the step gives.
    type Output;

    #[doc(hidden)]
    #[track_caller]
    fn perform_line(self, ctx: &'a Ctx, name: &'static str) -> Performing<'a, Self::Output>;

    #[doc(hidden)]
    #[track_caller]
    fn perform_line_with(
        self,
        ctx: &'a Ctx,
        name: &'static str,
        say: impl FnOnce(Options<'a, Self::Output>) -> Options<'a, Self::Output>,
    ) -> Performing<'a, Self::Output>;
}

// Written out for each codec: a method that the trait provides would be compiled besides, for each type, with a call to
// what it needs.
macro_rules! perform_line {
    ($codec:expr) => {
        fn perform_line(self, ctx: &'a Ctx, name: &'static str) -> Performing<'a, Self::Output> {
            perform(ctx, Place::here(name), self.body(), &$codec, Said::default())
        }

        fn perform_line_with(
            self,
            ctx: &'a Ctx,
            name: &'static str,
            say: impl FnOnce(Options<'a, Self::Output>) -> Options<'a, Self::Output>,
        ) -> Performing<'a, Self::Output> {
            perform(ctx, Place::here(name), self.body(), &$codec, say(Options::default()).said())
        }
    };
}

#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue, E: DurableValue + Display + From<Error>> PerformLine<'a> for Line<'a, Result<T, E>> {
    type Output = Result<T, E>;

    perform_line!(TypedFrom);
}

#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue, E: DurableValue + Display> PerformLine<'a> for &Line<'a, Result<T, E>> {
    type Output = Result<T, E>;

    perform_line!(TypedDisplay);
}

#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue, E: DurableValue> PerformLine<'a> for &mut Line<'a, Result<T, E>> {
    type Output = Result<T, E>;

    perform_line!(Typed);
}

// A `Result` that fits here has a recorded error, and has been picked above.
#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue> PerformLine<'a> for &PickBare<Code<'a, T>> {
    type Output = T;

    perform_line!(Plain);
}

#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue, E: Display + From<Error> + 'static> PerformLine<'a> for &PickOpaque<Code<'a, Result<T, E>>> {
    type Output = Result<T, E>;

    perform_line!(Opaque);
}

// The bounds that fail are shown with the error, so these are written out. None is ever called, as that does not compile.

impl<'a, T: DurableValue, E> RefuseError<Code<'a, Result<T, E>>> {
    #[doc(hidden)]
    pub fn perform_line(&self, _: &'a Ctx, _: &'static str) -> Performing<'a, Result<T, E>>
    where
        E: RecordableError,
    {
        Performing::new(pending())
    }

    #[doc(hidden)]
    pub fn perform_line_with(
        &self,
        _: &'a Ctx,
        _: &'static str,
        _: impl FnOnce(Options<'a, Result<T, E>>) -> Options<'a, Result<T, E>>,
    ) -> Performing<'a, Result<T, E>>
    where
        E: RecordableError,
    {
        Performing::new(pending())
    }
}

impl<'a, T, E> RefuseValue<Code<'a, Result<T, E>>> {
    #[doc(hidden)]
    pub fn perform_line(&self, _: &'a Ctx, _: &'static str) -> Performing<'a, Result<T, E>>
    where
        T: DurableValue,
    {
        Performing::new(pending())
    }

    #[doc(hidden)]
    pub fn perform_line_with(
        &self,
        _: &'a Ctx,
        _: &'static str,
        _: impl FnOnce(Options<'a, Result<T, E>>) -> Options<'a, Result<T, E>>,
    ) -> Performing<'a, Result<T, E>>
    where
        T: DurableValue,
    {
        Performing::new(pending())
    }
}

impl<'a, T> Refuse<Code<'a, T>> {
    #[doc(hidden)]
    pub fn perform_line(&self, _: &'a Ctx, _: &'static str) -> Performing<'a, T>
    where
        T: DurableValue,
    {
        Performing::new(pending())
    }

    #[doc(hidden)]
    pub fn perform_line_with(
        &self,
        _: &'a Ctx,
        _: &'static str,
        _: impl FnOnce(Options<'a, T>) -> Options<'a, T>,
    ) -> Performing<'a, T>
    where
        T: DurableValue,
    {
        Performing::new(pending())
    }
}
