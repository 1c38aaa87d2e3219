//! The codecs: from a value to what history keeps, and back.

use std::any::{TypeId, type_name};
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Error as _;

use super::failure::{is_also_called, name_on_record};
use super::{DurableValue, Error};
use crate::model::ErrorObject;

/// The outcome of an operation or an execution as history keeps it.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// A result as text; nothing stands for JSON `null`.
    Succeeded(Option<String>),
    /// An error.
    Failed(ErrorObject),
}

/// Turns outcomes of type `T` into recorded ones and back. A codec is chosen by type and holds nothing.
pub trait Codec<T>: Sync {
    /// What to record for `outcome`.
    fn encode(&self, outcome: &T) -> Result<Recorded, CodecError>;

    /// The outcome that was recorded.
    fn decode(&self, recorded: Recorded) -> Result<T, CodecError>;
}

/// A codec that holds nothing, so that one is as good as another.
pub trait Stateless: Copy + 'static {
    #[doc(hidden)]
    const INSTANCE: &'static Self;
}

macro_rules! stateless {
    ($($codec:ident)+) => { $(impl Stateless for $codec { const INSTANCE: &'static Self = &Self; })+ };
}

stateless!(Plain Typed TypedDisplay TypedFrom Opaque Unrecordable);

/// Why an outcome could not be turned into text or back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The value does not serialise.
    #[error(
        "a value of type `{type_name}` can't be written as JSON; JSON needs string keys in maps and no custom serialiser that refuses"
    )]
    Encode {
        /// The value's type.
        type_name: &'static str,
        /// What the serialiser said.
        #[source]
        source: serde_json::Error,
    },
    /// The recorded text is not a value of this type.
    #[error(
        "the recorded value can't be read as `{type_name}`; keep the type able to read what is recorded, for example with `#[serde(default)]` on a new field"
    )]
    Decode {
        /// The type to read.
        type_name: &'static str,
        /// What the deserialiser said.
        #[source]
        source: serde_json::Error,
    },
    /// The serdes did not turn the recorded text back.
    #[error("the recorded text can't be turned back: {0}")]
    Serdes(#[source] super::SerdesError),
    /// An error is recorded where the type has no place for one.
    #[error("{0}")]
    NoError(ErrorObject),
}

/// A value that is not a `Result`: only successes are recorded.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl<T: DurableValue> Codec<T> for Plain {
    fn encode(&self, outcome: &T) -> Result<Recorded, CodecError> {
        to_json(outcome).map(Recorded::Succeeded)
    }

    fn decode(&self, recorded: Recorded) -> Result<T, CodecError> {
        match recorded {
            Recorded::Succeeded(payload) => from_json(payload.as_deref()),
            Recorded::Failed(error) => Err(CodecError::NoError(error)),
        }
    }
}

/// A `Result` whose error is recorded as itself.
#[derive(Debug, Clone, Copy)]
pub struct Typed;

impl<T: DurableValue, E: DurableValue> Codec<Result<T, E>> for Typed {
    fn encode(&self, outcome: &Result<T, E>) -> Result<Recorded, CodecError> {
        match outcome {
            Ok(value) => to_json(value).map(Recorded::Succeeded),
            Err(error) => encode_error(error, None),
        }
    }

    fn decode(&self, recorded: Recorded) -> Result<Result<T, E>, CodecError> {
        decode_typed(recorded)
    }
}

/// A `Result` whose error is recorded as itself and by its text.
#[derive(Debug, Clone, Copy)]
pub struct TypedDisplay;

impl<T: DurableValue, E: DurableValue + Display> Codec<Result<T, E>> for TypedDisplay {
    fn encode(&self, outcome: &Result<T, E>) -> Result<Recorded, CodecError> {
        match outcome {
            Ok(value) => to_json(value).map(Recorded::Succeeded),
            Err(error) => encode_error(error, Some(text(error))),
        }
    }

    fn decode(&self, recorded: Recorded) -> Result<Result<T, E>, CodecError> {
        decode_typed(recorded)
    }
}

/// A `Result` whose error is recorded as itself and by its text, and can also be made of an error that is not its own:
/// of a panic, say, or of a timeout.
#[derive(Debug, Clone, Copy)]
pub struct TypedFrom;

impl<T: DurableValue, E: DurableValue + Display + From<Error>> Codec<Result<T, E>> for TypedFrom {
    fn encode(&self, outcome: &Result<T, E>) -> Result<Recorded, CodecError> {
        TypedDisplay.encode(outcome)
    }

    fn decode(&self, recorded: Recorded) -> Result<Result<T, E>, CodecError> {
        match decode_typed(recorded) {
            Err(CodecError::NoError(error)) => Ok(Err(Error::from(error).into())),
            decoded => decoded,
        }
    }
}

// What follows is compiled for each type of result, so it does what does not depend on the type elsewhere.

fn encode_error<E: DurableValue>(error: &E, message: Option<String>) -> Result<Recorded, CodecError> {
    failed(name_on_record(error, type_name::<E>()), message, to_json(error))
}

/// The alternate form holds the causes too where the type keeps any, as `anyhow::Error` does.
fn text(error: &dyn Display) -> String {
    format!("{error:#}")
}

fn failed(
    name: String,
    message: Option<String>,
    data: Result<Option<String>, CodecError>,
) -> Result<Recorded, CodecError> {
    // An error whose JSON is `null`, such as a unit struct, still has to say that it is there.
    let data = data?.unwrap_or_else(|| "null".to_owned());
    Ok(Recorded::Failed(ErrorObject {
        error_type: Some(name),
        message: Some(message.unwrap_or_else(|| data.clone())),
        data: Some(data),
        stack_trace: Vec::new(),
    }))
}

fn decode_typed<T: DurableValue, E: DurableValue>(recorded: Recorded) -> Result<Result<T, E>, CodecError> {
    match recorded {
        Recorded::Succeeded(payload) => match from_json(payload.as_deref()) {
            Ok(value) => Ok(Ok(value)),
            Err(error) => Err(error),
        },
        Recorded::Failed(error) => match decode_error(error) {
            Ok(error) => Ok(Err(error)),
            Err(error) => Err(error),
        },
    }
}

fn decode_error<E: DurableValue>(error: ErrorObject) -> Result<E, CodecError> {
    let owner = owner(&error, type_name::<E>(), TypeId::of::<E>());
    if owner == Owner::Other {
        return Err(CodecError::NoError(error));
    }
    match from_json(error.data.as_deref()) {
        // What can't be read is theirs.
        Err(_) if owner == Owner::Several => Err(CodecError::NoError(error)),
        read => read,
    }
}

/// Who calls a recorded error so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The type, and nobody else.
    Own,
    /// The type, and others as well.
    Several,
    /// Not the type.
    Other,
}

fn owner(error: &ErrorObject, type_name: &str, error_type: TypeId) -> Owner {
    let name = error.error_type.as_deref().unwrap_or_default();
    match error.data {
        Some(_) if name == without_modules(type_name) => Owner::Own,
        Some(_) if is_also_called(error_type, name) => Owner::Several,
        _ => Owner::Other,
    }
}

/// A `Result` whose error is recorded by its text.
#[derive(Debug, Clone, Copy)]
pub struct Opaque;

impl<T: DurableValue, E: Display + From<Error> + 'static> Codec<Result<T, E>> for Opaque {
    fn encode(&self, outcome: &Result<T, E>) -> Result<Recorded, CodecError> {
        match outcome {
            Ok(value) => to_json(value).map(Recorded::Succeeded),
            Err(error) => Ok(Recorded::Failed(ErrorObject::new(short_type_name::<E>(), text(error)))),
        }
    }

    fn decode(&self, recorded: Recorded) -> Result<Result<T, E>, CodecError> {
        match recorded {
            Recorded::Succeeded(payload) => from_json(payload.as_deref()).map(Ok),
            Recorded::Failed(error) => Ok(Err(Error::from(error).into())),
        }
    }
}

/// Chosen for what can't be recorded, which is a compile error; it fits every type, so that there is only one.
#[derive(Debug, Clone, Copy)]
pub struct Unrecordable;

impl<T> Codec<T> for Unrecordable {
    fn encode(&self, _: &T) -> Result<Recorded, CodecError> {
        Ok(Recorded::Failed(ErrorObject::default()))
    }

    fn decode(&self, recorded: Recorded) -> Result<T, CodecError> {
        Err(CodecError::NoError(match recorded {
            Recorded::Failed(error) => error,
            Recorded::Succeeded(_) => ErrorObject::default(),
        }))
    }
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<Option<String>, CodecError> {
    let mut json = Vec::with_capacity(128);
    let written = value.serialize(&mut serde_json::Serializer::new(&mut json));
    written_json(written, json, type_name::<T>())
}

fn written_json(
    written: serde_json::Result<()>,
    json: Vec<u8>,
    type_name: &'static str,
) -> Result<Option<String>, CodecError> {
    let text = written.and_then(|()| String::from_utf8(json).map_err(serde_json::Error::custom));
    match text {
        Ok(text) if text == "null" => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(source) => Err(CodecError::Encode { type_name, source }),
    }
}

pub(crate) fn from_json<T: DeserializeOwned>(payload: Option<&str>) -> Result<T, CodecError> {
    let mut json = serde_json::Deserializer::from_str(payload.unwrap_or("null"));
    let fault = match T::deserialize(&mut json) {
        Ok(value) => match json.end() {
            Ok(()) => return Ok(value),
            Err(fault) => fault,
        },
        Err(fault) => fault,
    };
    Err(CodecError::Decode { type_name: type_name::<T>(), source: fault })
}

/// A type's name without the modules of its path: `Result<StockError, Vec<u8>>`.
///
/// A bare `Error` keeps its crate's name, as in `anyhow::Error`: by itself it would say nothing.
pub(crate) fn short_type_name<E>() -> String {
    without_modules(type_name::<E>())
}

pub(super) fn without_modules(full: &str) -> String {
    let mut short = String::with_capacity(full.len());
    for piece in full.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        let end = piece.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).len();
        let (path, rest) = piece.split_at(end);
        match path.rsplit_once("::") {
            Some((modules, "Error")) => {
                short.push_str(modules.split("::").next().unwrap_or_default());
                short.push_str("::Error");
            }
            Some((_, last)) => short.push_str(last),
            None => short.push_str(path),
        }
        short.push_str(rest);
    }
    short
}

/// An error with a text as history keeps it, where nothing more is known of its type.
pub(crate) fn error_object<E: Display + 'static>(error: &E) -> ErrorObject {
    let any: &dyn std::any::Any = error;
    // These two say more than their text.
    if let Some(recorded) = any.downcast_ref::<ErrorObject>() {
        return recorded.clone();
    }
    if let Some(error) = any.downcast_ref::<Error>() {
        return error.recorded().clone();
    }
    ErrorObject::new(short_type_name::<E>(), text(error))
}

#[cfg(test)]
mod tests {
    use super::super::{CallbackError, ConditionError};
    use super::*;

    #[test]
    fn type_names_lose_their_modules() {
        assert_eq!(short_type_name::<std::num::ParseIntError>(), "ParseIntError");
        assert_eq!(short_type_name::<std::io::Error>(), "std::Error");
        assert_eq!(short_type_name::<Result<String, Vec<u8>>>(), "Result<String, Vec<u8>>");
    }

    #[test]
    fn a_typed_error_comes_back_as_itself() {
        let recorded = Typed.encode(&Err::<(), u32>(7)).unwrap();
        let back: Result<(), u32> = Typed.decode(recorded).unwrap();
        assert_eq!(back, Err(7));
    }

    #[test]
    fn errors_of_operations_are_called_what_they_are_and_come_back_as_themselves() {
        let cause = || ErrorObject { data: Some("7".to_owned()), ..ErrorObject::new("Denied", "not approved") };
        for (error, name) in [
            (CallbackError::TimedOut, "CallbackTimeoutError"),
            (CallbackError::HeartbeatTimedOut, "CallbackTimeoutError"),
            (CallbackError::Failed(cause()), "CallbackExternalError"),
            (CallbackError::Submitter(cause()), "CallbackSubmitterError"),
            (CallbackError::Unreadable("no".to_owned()), "CallbackError"),
        ] {
            check(error, name, "CallbackError");
        }
        check(ConditionError::Exhausted(cause()), "WaitForConditionError", "ConditionError");
        check(ConditionError::Check(cause()), "WaitForConditionError", "ConditionError");
    }

    /// An error has this name on record, and can also be read if it has that of its type.
    fn check<E: DurableValue + Display + Clone + PartialEq + std::fmt::Debug>(error: E, name: &str, type_name: &str) {
        let Recorded::Failed(recorded) = TypedDisplay.encode(&Err::<(), E>(error.clone())).unwrap() else {
            panic!("not failed")
        };
        assert!(recorded.is(name), "{recorded}");
        let earlier = ErrorObject { error_type: Some(type_name.to_owned()), ..recorded.clone() };
        for recorded in [recorded, earlier] {
            let back: Result<(), E> = TypedDisplay.decode(Recorded::Failed(recorded)).unwrap();
            assert_eq!(back, Err(error.clone()));
        }
    }

    #[test]
    fn somebody_else_s_error_of_such_a_name_stays_theirs() {
        let theirs = ErrorObject { data: Some("{}".to_owned()), ..ErrorObject::new("CallbackTimeoutError", "late") };
        let back: Result<Result<(), CallbackError>, _> = TypedDisplay.decode(Recorded::Failed(theirs.clone()));
        assert!(matches!(back, Err(CodecError::NoError(error)) if error == theirs));
        let back: Result<Result<(), ConditionError>, _> = TypedDisplay.decode(Recorded::Failed(theirs.clone()));
        assert!(matches!(back, Err(CodecError::NoError(error)) if error == theirs));
    }

    #[test]
    fn an_opaque_error_keeps_its_text() {
        let outcome: Result<(), Box<dyn std::error::Error>> = Err("no stock".into());
        let recorded = Opaque.encode(&outcome).unwrap();
        let back: Result<(), Box<dyn std::error::Error>> = Opaque.decode(recorded).unwrap();
        assert_eq!(back.unwrap_err().to_string(), "no stock");
    }

    #[test]
    fn null_is_recorded_as_nothing() {
        assert_eq!(Plain.encode(&()).unwrap(), Recorded::Succeeded(None));
        let back: Option<u8> = Plain.decode(Recorded::Succeeded(None)).unwrap();
        assert_eq!(back, None);
    }
}
