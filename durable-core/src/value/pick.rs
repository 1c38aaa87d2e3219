//! Picks a codec by the type of an outcome, on stable Rust: autoref specialisation.
//!
//! Method look-up tries `&&&&&&Tag<T>` first and then strips one reference after the other, so of all traits that apply,
//! the one implemented for the most references wins. The macros in `private` write the call.
//!
//! What can't be recorded is picked too, by a method whose bound fails: that is the one error, and as
//! [`Unrecordable`] fits every type, nothing else fails after it.

use std::fmt::Display;
use std::marker::PhantomData;

use super::codec::{Opaque, Plain, Typed, TypedDisplay, Unrecordable};
use super::{DurableValue, Error, RecordableError};

/// Stands for the type of an outcome.
pub struct Tag<T>(PhantomData<T>);

impl<T> Tag<T> {
    /// The tag of `T`.
    #[expect(clippy::new_without_default, reason = "a tag is only made by generated code")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// The tag of a value's type.
    pub const fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

/// `Result` with a serialisable error that has a text.
pub trait PickTypedDisplay {
    #[doc(hidden)]
    fn codec(&self) -> TypedDisplay;
}

impl<T: DurableValue, E: DurableValue + Display> PickTypedDisplay for &&&&&&Tag<Result<T, E>> {
    fn codec(&self) -> TypedDisplay {
        TypedDisplay
    }
}

/// `Result` with a serialisable error.
pub trait PickTyped {
    #[doc(hidden)]
    fn codec(&self) -> Typed;
}

impl<T: DurableValue, E: DurableValue> PickTyped for &&&&&Tag<Result<T, E>> {
    fn codec(&self) -> Typed {
        Typed
    }
}

/// `Result` with an error that can be rebuilt from its text.
pub trait PickOpaque {
    #[doc(hidden)]
    fn codec(&self) -> Opaque;
}

impl<T: DurableValue, E: Display + From<Error>> PickOpaque for &&&&Tag<Result<T, E>> {
    fn codec(&self) -> Opaque {
        Opaque
    }
}

/// Anything else that is serialisable.
pub trait PickPlain {
    #[doc(hidden)]
    fn codec(&self) -> Plain;
}

impl<T: DurableValue> PickPlain for &&&Tag<T> {
    fn codec(&self) -> Plain {
        Plain
    }
}

/// `Result` with an error that fits no codec: refused, with a message about the error.
pub trait RefuseError<E> {
    #[doc(hidden)]
    fn codec(&self) -> Unrecordable
    where
        E: RecordableError;
}

impl<T: DurableValue, E> RefuseError<E> for &&Tag<Result<T, E>> {
    fn codec(&self) -> Unrecordable
    where
        E: RecordableError,
    {
        Unrecordable
    }
}

/// `Result` with a value that is not serialisable: refused, with a message about the value.
pub trait RefuseValue<T> {
    #[doc(hidden)]
    fn codec(&self) -> Unrecordable
    where
        T: DurableValue;
}

impl<T, E> RefuseValue<T> for &Tag<Result<T, E>> {
    fn codec(&self) -> Unrecordable
    where
        T: DurableValue,
    {
        Unrecordable
    }
}

/// Anything else: refused.
pub trait Refuse<T> {
    #[doc(hidden)]
    fn codec(&self) -> Unrecordable
    where
        T: DurableValue;
}

impl<T> Refuse<T> for Tag<T> {
    fn codec(&self) -> Unrecordable
    where
        T: DurableValue,
    {
        Unrecordable
    }
}
