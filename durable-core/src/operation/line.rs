//! A `#[step]` on a line: performed where it is written, with the codec picked by the type of its result.

use std::fmt::Display;
use std::ops::Deref;

use super::step::{self, Body, Options};
use super::{Ctx, LocalBoxFuture, Place};
use crate::value::{
    Codec, DurableValue, Error, Opaque, PickOpaque, Plain, RecordableError, Refuse, RefuseError, RefuseValue, Typed,
    TypedDisplay, TypedFrom, Unrecordable,
};

/// A step on a line.
///
/// It knows its body by the result only, so that everything but the body itself is compiled once for each type of result
/// and not for each line.
///
/// The codec is picked by how [`PerformLine`] is found: on the line itself, on a reference to it, on a mutable one, and
/// then on what it dereferences to. What needs no dereferencing is what steps mostly give, because each level of that is
/// a call at each step to compile.
pub struct Line<'a, T>(Bare<'a, T>);

/// A line that no codec for a `Result` with a recorded error fits.
pub struct Bare<'a, T>(PickOpaque<Code<'a, T>>);

/// What a step on a line runs.
pub struct Code<'a, T>(&'a dyn Body<'a, T>);

/// The step with this body.
///
/// It is given as a trait object, so that there is nothing to compile here for each line.
pub fn line<'a, T>(body: &'a dyn Body<'a, T>) -> Line<'a, T> {
    Line(Bare(PickOpaque::new(Code(body))))
}

impl<'a, T> Deref for Line<'a, T> {
    type Target = Bare<'a, T>;

    fn deref(&self) -> &Bare<'a, T> {
        &self.0
    }
}

impl<'a, T> Deref for Bare<'a, T> {
    type Target = PickOpaque<Code<'a, T>>;

    fn deref(&self) -> &PickOpaque<Code<'a, T>> {
        &self.0
    }
}

impl<'a, T> Bare<'a, T> {
    fn body(&self) -> &'a dyn Body<'a, T> {
        self.0.picker().0
    }
}

/// A step on a line whose codec is known by the type of its result.
///
/// The methods have names that no trait of the user has: one that is implemented for every type would come first else.
pub trait PerformLine<'a>: Sized {
    /// What the step gives.
    type Output: 'a;

    #[doc(hidden)]
    fn parts(self) -> (&'a dyn Body<'a, Self::Output>, &'a dyn Codec<Self::Output>);

    #[doc(hidden)]
    #[track_caller]
    fn perform_line(self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, Self::Output> {
        let (body, codec) = self.parts();
        perform(body, ctx, Place::here(name), codec, Options::default())
    }

    #[doc(hidden)]
    #[track_caller]
    fn perform_line_with(
        self,
        ctx: &'a Ctx,
        name: &'static str,
        say: impl FnOnce(Options<'a, Self::Output>) -> Options<'a, Self::Output>,
    ) -> LocalBoxFuture<'a, Self::Output> {
        let (body, codec) = self.parts();
        perform(body, ctx, Place::here(name), codec, say(Options::default()))
    }
}

fn perform<'a, T>(
    body: &'a dyn Body<'a, T>,
    ctx: &'a Ctx,
    place: Place,
    codec: &'a dyn Codec<T>,
    options: Options<'a, T>,
) -> LocalBoxFuture<'a, T> {
    Box::pin(step::perform(ctx, place, body, codec, options))
}

#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue, E: DurableValue + Display + From<Error>> PerformLine<'a> for Line<'a, Result<T, E>> {
    type Output = Result<T, E>;

    fn parts(self) -> (&'a dyn Body<'a, Result<T, E>>, &'a dyn Codec<Result<T, E>>) {
        (self.body(), &TypedFrom)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue, E: DurableValue + Display> PerformLine<'a> for &Line<'a, Result<T, E>> {
    type Output = Result<T, E>;

    fn parts(self) -> (&'a dyn Body<'a, Result<T, E>>, &'a dyn Codec<Result<T, E>>) {
        (self.body(), &TypedDisplay)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue, E: DurableValue> PerformLine<'a> for &mut Line<'a, Result<T, E>> {
    type Output = Result<T, E>;

    fn parts(self) -> (&'a dyn Body<'a, Result<T, E>>, &'a dyn Codec<Result<T, E>>) {
        (self.body(), &Typed)
    }
}

// A `Result` that fits here has a recorded error, and has been picked above.
#[diagnostic::do_not_recommend]
impl<'a, T: DurableValue> PerformLine<'a> for &Bare<'a, T> {
    type Output = T;

    fn parts(self) -> (&'a dyn Body<'a, T>, &'a dyn Codec<T>) {
        (self.body(), &Plain)
    }
}

impl<'a, T: DurableValue, E: Display + From<Error> + 'static> PickOpaque<Code<'a, Result<T, E>>> {
    #[doc(hidden)]
    #[track_caller]
    pub fn perform_line(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, Result<T, E>> {
        perform(self.picker().0, ctx, Place::here(name), &Opaque, Options::default())
    }

    #[doc(hidden)]
    #[track_caller]
    pub fn perform_line_with(
        &self,
        ctx: &'a Ctx,
        name: &'static str,
        say: impl FnOnce(Options<'a, Result<T, E>>) -> Options<'a, Result<T, E>>,
    ) -> LocalBoxFuture<'a, Result<T, E>> {
        perform(self.picker().0, ctx, Place::here(name), &Opaque, say(Options::default()))
    }
}

// The bounds that fail are shown with the error, so these are written out.

impl<'a, T: DurableValue, E> RefuseError<Code<'a, Result<T, E>>> {
    #[doc(hidden)]
    pub fn perform_line(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, Result<T, E>>
    where
        E: RecordableError,
    {
        perform(self.picker().0, ctx, Place::here(name), &Unrecordable, Options::default())
    }

    #[doc(hidden)]
    pub fn perform_line_with(
        &self,
        ctx: &'a Ctx,
        name: &'static str,
        _: Say<'a, T, E>,
    ) -> LocalBoxFuture<'a, Result<T, E>>
    where
        E: RecordableError,
    {
        self.perform_line(ctx, name)
    }
}

impl<'a, T, E> RefuseValue<Code<'a, Result<T, E>>> {
    #[doc(hidden)]
    pub fn perform_line(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, Result<T, E>>
    where
        T: DurableValue,
    {
        perform(self.picker().0, ctx, Place::here(name), &Unrecordable, Options::default())
    }

    #[doc(hidden)]
    pub fn perform_line_with(
        &self,
        ctx: &'a Ctx,
        name: &'static str,
        _: Say<'a, T, E>,
    ) -> LocalBoxFuture<'a, Result<T, E>>
    where
        T: DurableValue,
    {
        self.perform_line(ctx, name)
    }
}

impl<'a, T> Refuse<Code<'a, T>> {
    #[doc(hidden)]
    pub fn perform_line(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, T>
    where
        T: DurableValue,
    {
        perform(self.picker().0, ctx, Place::here(name), &Unrecordable, Options::default())
    }

    #[doc(hidden)]
    pub fn perform_line_with(
        &self,
        ctx: &'a Ctx,
        name: &'static str,
        _: fn(Options<'a, T>) -> Options<'a, T>,
    ) -> LocalBoxFuture<'a, T>
    where
        T: DurableValue,
    {
        self.perform_line(ctx, name)
    }
}

type Say<'a, T, E> = fn(Options<'a, Result<T, E>>) -> Options<'a, Result<T, E>>;
