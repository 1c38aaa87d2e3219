//! A `#[step]` on a line: performed where it is written, with the codec picked by the type of its result.

use std::fmt::Display;

use super::step::{self, AsyncBody, Body, Options};
use super::{Ctx, LocalBoxFuture, Place};
use crate::value::{
    Codec, DurableValue, Error, Opaque, PickOpaque, PickPlain, PickTyped, PickTypedDisplay, PickTypedFrom, Plain,
    RecordableError, Refuse, RefuseError, RefuseValue, Typed, TypedDisplay, TypedFrom, Unrecordable,
};

/// A step on a line.
///
/// It knows its body by the result only, so that everything but the body itself is compiled once for each type of result
/// and not for each line.
pub struct Line<'a, T> {
    body: &'a dyn Body<'a, T>,
}

/// The step with this body, whose future borrows nothing from the closure itself.
pub fn line<'a, F, R, T>(body: &'a F) -> PickTypedFrom<Line<'a, T>>
where
    F: Fn() -> R,
    R: IntoFuture<Output = T>,
    R::IntoFuture: 'a,
{
    of(body)
}

/// The step with this body.
pub fn async_line<'a, F, T>(body: &'a AsyncBody<F>) -> PickTypedFrom<Line<'a, T>>
where
    F: AsyncFn() -> T,
{
    of(body)
}

fn of<'a, T>(body: &'a dyn Body<'a, T>) -> PickTypedFrom<Line<'a, T>> {
    PickTypedFrom::of_step(Line { body })
}

impl<'a, T> Line<'a, T> {
    fn perform(&self, ctx: &'a Ctx, place: Place, codec: &'a dyn Codec<T>) -> LocalBoxFuture<'a, T> {
        self.perform_with(ctx, place, codec, Options::default())
    }

    fn perform_with(
        &self,
        ctx: &'a Ctx,
        place: Place,
        codec: &'a dyn Codec<T>,
        options: Options<'a, T>,
    ) -> LocalBoxFuture<'a, T> {
        Box::pin(step::perform(ctx, place, self.body, codec, options))
    }
}

/// `perform`, and the same with what is said of the step, with the codec of a link of the chain.
macro_rules! perform {
    ($codec:ident: $outcome:ty) => {
        #[doc(hidden)]
        #[track_caller]
        pub fn perform(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, $outcome> {
            self.picker().perform(ctx, Place::here(name), &$codec)
        }

        #[doc(hidden)]
        #[track_caller]
        pub fn perform_with(
            &self,
            ctx: &'a Ctx,
            name: &'static str,
            say: impl FnOnce(Options<'a, $outcome>) -> Options<'a, $outcome>,
        ) -> LocalBoxFuture<'a, $outcome> {
            self.picker().perform_with(ctx, Place::here(name), &$codec, say(Options::default()))
        }
    };
}

impl<'a, T: DurableValue, E: DurableValue + Display + From<Error>> PickTypedFrom<Line<'a, Result<T, E>>> {
    perform!(TypedFrom: Result<T, E>);
}

impl<'a, T: DurableValue, E: DurableValue + Display> PickTypedDisplay<Line<'a, Result<T, E>>> {
    perform!(TypedDisplay: Result<T, E>);
}

impl<'a, T: DurableValue, E: DurableValue> PickTyped<Line<'a, Result<T, E>>> {
    perform!(Typed: Result<T, E>);
}

impl<'a, T: DurableValue, E: Display + From<Error> + 'static> PickOpaque<Line<'a, Result<T, E>>> {
    perform!(Opaque: Result<T, E>);
}

impl<'a, T: DurableValue> PickPlain<Line<'a, T>> {
    perform!(Plain: T);
}

// The bounds that fail are shown with the error, so these are written out.

impl<'a, T: DurableValue, E> RefuseError<Line<'a, Result<T, E>>> {
    #[doc(hidden)]
    pub fn perform(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, Result<T, E>>
    where
        E: RecordableError,
    {
        self.picker().perform(ctx, Place::here(name), &Unrecordable)
    }

    #[doc(hidden)]
    pub fn perform_with(&self, ctx: &'a Ctx, name: &'static str, _: Say<'a, T, E>) -> LocalBoxFuture<'a, Result<T, E>>
    where
        E: RecordableError,
    {
        self.perform(ctx, name)
    }
}

impl<'a, T, E> RefuseValue<Line<'a, Result<T, E>>> {
    #[doc(hidden)]
    pub fn perform(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, Result<T, E>>
    where
        T: DurableValue,
    {
        self.picker().perform(ctx, Place::here(name), &Unrecordable)
    }

    #[doc(hidden)]
    pub fn perform_with(&self, ctx: &'a Ctx, name: &'static str, _: Say<'a, T, E>) -> LocalBoxFuture<'a, Result<T, E>>
    where
        T: DurableValue,
    {
        self.perform(ctx, name)
    }
}

impl<'a, T> Refuse<Line<'a, T>> {
    #[doc(hidden)]
    pub fn perform(&self, ctx: &'a Ctx, name: &'static str) -> LocalBoxFuture<'a, T>
    where
        T: DurableValue,
    {
        self.picker().perform(ctx, Place::here(name), &Unrecordable)
    }

    #[doc(hidden)]
    pub fn perform_with(
        &self,
        ctx: &'a Ctx,
        name: &'static str,
        _: fn(Options<'a, T>) -> Options<'a, T>,
    ) -> LocalBoxFuture<'a, T>
    where
        T: DurableValue,
    {
        self.perform(ctx, name)
    }
}

type Say<'a, T, E> = fn(Options<'a, Result<T, E>>) -> Options<'a, Result<T, E>>;
