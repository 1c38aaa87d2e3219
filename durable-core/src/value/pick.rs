//! Picks a codec by the type of an outcome, on stable Rust: autoref specialisation.
//!
//! Method look-up tries `&&&&Tag<T>` first and then strips one reference after the other, so of all traits that apply,
//! the one implemented for the most references wins. The macros in `private` write the call.

use std::fmt::Display;
use std::marker::PhantomData;

use super::codec::{Opaque, Plain, Typed, TypedDisplay, Unrecordable};
use super::{DurableValue, Error};

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

impl<T, E: DurableValue + Display> PickTypedDisplay for &&&&Tag<Result<T, E>> {
    fn codec(&self) -> TypedDisplay {
        TypedDisplay
    }
}

/// `Result` with a serialisable error.
pub trait PickTyped {
    #[doc(hidden)]
    fn codec(&self) -> Typed;
}

impl<T, E: DurableValue> PickTyped for &&&Tag<Result<T, E>> {
    fn codec(&self) -> Typed {
        Typed
    }
}

/// `Result` with an error that can be rebuilt from its text.
pub trait PickOpaque {
    #[doc(hidden)]
    fn codec(&self) -> Opaque;
}

impl<T, E: Display + From<Error>> PickOpaque for &&Tag<Result<T, E>> {
    fn codec(&self) -> Opaque {
        Opaque
    }
}

/// `Result` with any other error: refused, with a message about the error.
pub trait PickUnrecordable {
    #[doc(hidden)]
    fn codec(&self) -> Unrecordable;
}

impl<T, E> PickUnrecordable for &Tag<Result<T, E>> {
    fn codec(&self) -> Unrecordable {
        Unrecordable
    }
}

/// Anything that is not a `Result`.
pub trait PickAny {
    #[doc(hidden)]
    fn codec(&self) -> Plain;
}

impl<T> PickAny for Tag<T> {
    fn codec(&self) -> Plain {
        Plain
    }
}
