//! How a result becomes recorded text and comes back.
//!
//! What a step or a branch returns decides how it is recorded. Generated code picks the codec by the type, the first
//! that fits:
//!
//! | type | codec | an `Err` is recorded as | replay returns |
//! |---|---|---|---|
//! | `Result<T, E>`, of a step, `E` serialisable, `Display` and `From<durable::Error>` | [`TypedFrom`] | its text, its type name and itself as JSON | the same `E`; for what is not an `E`, as a panic or a timeout, one made from a [`durable::Error`](Error) |
//! | `Result<T, E>`, `E` serialisable and `Display` | [`TypedDisplay`] | its text, its type name and itself as JSON | the same `E` |
//! | `Result<T, E>`, `E` serialisable | [`Typed`] | its type name and itself as JSON | the same `E` |
//! | `Result<T, E>`, `E: Display + From<durable::Error>` (`anyhow::Error`, `Box<dyn Error>`) | [`Opaque`] | its text and type name | an `E` made from a [`durable::Error`](Error) |
//! | any other `T` | [`Plain`] | – | the same `T` |
//!
//! The first run gets the decoded form too, so it cannot see a value that a replay would not see.

mod arguments;
mod codec;
mod error;
mod failure;
mod pick;
mod same;
mod serdes;

pub use arguments::{Argument, Arguments, argument};
pub use codec::{Codec, CodecError, Opaque, Plain, Recorded, Stateless, Typed, TypedDisplay, TypedFrom, Unrecordable};
pub use error::Error;
pub(crate) use failure::{CONDITION, SUBMITTER};
pub use failure::{CallbackError, ConditionError};
pub use pick::{
    PickBare, PickOfStep, PickOpaque, PickPlain, PickTyped, PickTypedDisplay, Refuse, RefuseError, RefuseValue, Tag,
};
pub use serdes::{Encrypt, FileOverflow, Origin, Serdes, SerdesContext, SerdesError, SerdesFuture};

pub(crate) use codec::{error_object, from_json, short_type_name, to_json};
pub(crate) use error::{PANICKED, TIMED_OUT};
pub(crate) use same::are_same;
pub(crate) use serdes::GivenSerdes;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be recorded: `serde`'s `Serialize` and `DeserializeOwned` together, of a type that borrows nothing.
///
/// See [`Error`] for an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be recorded, because it can't be written as JSON and read back",
    label = "a replay must be able to return this value without running the code again",
    note = "put `#[derive(serde::Serialize, serde::Deserialize)]` on the type, and own its data (no references)"
)]
pub trait DurableValue: Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> DurableValue for T {}

/// What is asked of an error that can't be recorded, to say so: no type implements it. One that can be recorded is either a
/// [`DurableValue`], or `Display` and `From<durable::Error>`, and is not asked.
///
/// See [`Error`] for an example.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` can't be recorded",
    label = "a replay must be able to return this error without running the code again",
    note = "put `#[derive(serde::Serialize, serde::Deserialize)]` on the error type, and it comes back as itself",
    note = "or give it `Display` and `impl From<durable::Error>`, as `anyhow::Error` and `Box<dyn std::error::Error>` have: then its text is recorded",
    note = "or turn it into such an error inside of the step: `#[step] let value = async {{ ….await.map_err(…) }}.await?;`"
)]
pub trait RecordableError: sealed::Sealed {}

/// So that nobody implements [`RecordableError`]: there would be no codec all the same.
mod sealed {
    pub trait Sealed {}
}
