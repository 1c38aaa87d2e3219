//! Picks a codec by the type of an outcome, on stable Rust.
//!
//! Whoever needs a codec is put into a chain of wrappers, [`PickTypedDisplay`] outside, each of which dereferences to
//! the next. Method look-up goes along the chain and takes the first method whose type fits: so the codec that stands
//! first in the chain wins. Nothing has to be imported for that, which is what makes it cheap to compile. Where there are
//! many, as of steps, what mostly fits is found before anything is dereferenced, by [`PickOfStep`].
//!
//! What can't be recorded is picked too, by a method whose bound fails: that is the one error, and as
//! [`Unrecordable`] fits every type, nothing else fails after it.

use std::fmt::Display;
use std::marker::PhantomData;
use std::ops::Deref;

use super::codec::{Opaque, Plain, Typed, TypedDisplay, Unrecordable};
use super::{DurableValue, Error, RecordableError};

macro_rules! chain {
    ($($(#[$doc:meta])* $link:ident -> $next:ident;)+) => {
        $(
            $(#[$doc])*
            pub struct $link<P>($next<P>);

            impl<P> Deref for $link<P> {
                type Target = $next<P>;

                fn deref(&self) -> &$next<P> {
                    &self.0
                }
            }
        )+
    };
}

chain! {
    /// For steps, by how a trait's method is found: on this itself, on a reference to it, on a mutable one, and then on
    /// what it dereferences to. What needs no dereferencing is what steps mostly give, because each level of that is a
    /// call at each step to compile.
    ///
    /// Only for steps, whose types are known where they stand. The types of a branch may still be open there; then the
    /// first method is a guess, and has to be the likeliest.
    PickOfStep -> PickBare;
    /// For steps: what no codec for a `Result` with a recorded error fits.
    PickBare -> PickOpaque;
    /// `Result` with a serialisable error that has a text.
    PickTypedDisplay -> PickTyped;
    /// `Result` with a serialisable error.
    PickTyped -> PickOpaque;
    /// `Result` with an error that can be rebuilt from its text.
    PickOpaque -> PickPlain;
    /// Anything else that is serialisable.
    PickPlain -> RefuseError;
    /// `Result` with an error that fits no codec: refused, with a message about the error.
    RefuseError -> RefuseValue;
    /// `Result` with a value that is not serialisable: refused, with a message about the value.
    RefuseValue -> Refuse;
}

/// Anything else: refused.
pub struct Refuse<P>(P);

impl<P> PickOfStep<P> {
    /// Picks a codec for the outcome of this step.
    pub(crate) const fn new(picker: P) -> Self {
        Self(PickBare(PickOpaque::new(picker)))
    }
}

impl<P> PickTypedDisplay<P> {
    /// Picks a codec for this one.
    const fn new(picker: P) -> Self {
        Self(PickTyped(PickOpaque::new(picker)))
    }
}

impl<P> PickOpaque<P> {
    /// Picks a codec for this one, if no error is recorded as itself.
    const fn new(picker: P) -> Self {
        Self(PickPlain(RefuseError(RefuseValue(Refuse(picker)))))
    }

    /// Who needs the codec. It does not go by what this dereferences to, each of which would be compiled too.
    pub(crate) fn picker(&self) -> &P {
        let PickPlain(RefuseError(RefuseValue(Refuse(picker)))) = &self.0;
        picker
    }
}

/// Stands for the type of an outcome.
pub struct Tag<T>(PhantomData<T>);

impl<T> Tag<T> {
    /// The tag of `T`.
    pub const fn new() -> PickTypedDisplay<Self> {
        PickTypedDisplay::new(Self(PhantomData))
    }

    /// The tag of a value's type.
    pub const fn of(_: &T) -> PickTypedDisplay<Self> {
        Self::new()
    }
}

impl<T: DurableValue, E: DurableValue + Display> PickTypedDisplay<Tag<Result<T, E>>> {
    #[doc(hidden)]
    pub fn codec(&self) -> TypedDisplay {
        TypedDisplay
    }
}

impl<T: DurableValue, E: DurableValue> PickTyped<Tag<Result<T, E>>> {
    #[doc(hidden)]
    pub fn codec(&self) -> Typed {
        Typed
    }
}

impl<T: DurableValue, E: Display + From<Error> + 'static> PickOpaque<Tag<Result<T, E>>> {
    #[doc(hidden)]
    pub fn codec(&self) -> Opaque {
        Opaque
    }
}

impl<T: DurableValue> PickPlain<Tag<T>> {
    #[doc(hidden)]
    pub fn codec(&self) -> Plain {
        Plain
    }
}

impl<T: DurableValue, E> RefuseError<Tag<Result<T, E>>> {
    #[doc(hidden)]
    pub fn codec(&self) -> Unrecordable
    where
        E: RecordableError,
    {
        Unrecordable
    }
}

impl<T, E> RefuseValue<Tag<Result<T, E>>> {
    #[doc(hidden)]
    pub fn codec(&self) -> Unrecordable
    where
        T: DurableValue,
    {
        Unrecordable
    }
}

impl<T> Refuse<Tag<T>> {
    #[doc(hidden)]
    pub fn codec(&self) -> Unrecordable
    where
        T: DurableValue,
    {
        Unrecordable
    }
}
