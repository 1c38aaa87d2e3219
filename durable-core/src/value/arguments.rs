//! How the arguments of a durable function become one JSON text.

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use super::{CodecError, DurableValue, from_json, to_json};

/// The recorded arguments of a durable function: a tuple of up to eight [`DurableValue`]s.
///
/// No argument is `null`, one argument is its own JSON, several are an object with the parameters' names as keys. So
/// parameters of a function with several can be reordered, and a caller in another language writes plain JSON.
pub trait Arguments: Sized {
    #[doc(hidden)]
    fn encode(&self, names: &[&str]) -> Result<Option<String>, CodecError>;

    #[doc(hidden)]
    fn decode(names: &[&str], input: Option<&str>) -> Result<Self, CodecError>;
}

impl Arguments for () {
    fn encode(&self, _: &[&str]) -> Result<Option<String>, CodecError> {
        Ok(None)
    }

    fn decode(_: &[&str], _: Option<&str>) -> Result<Self, CodecError> {
        Ok(())
    }
}

impl<A: DurableValue> Arguments for (A,) {
    fn encode(&self, _: &[&str]) -> Result<Option<String>, CodecError> {
        to_json(&self.0)
    }

    fn decode(_: &[&str], input: Option<&str>) -> Result<Self, CodecError> {
        from_json(input).map(|argument| (argument,))
    }
}

macro_rules! arguments {
    ($($type:ident $field:tt),+) => {
        impl<$($type: DurableValue),+> Arguments for ($($type,)+) {
            fn encode(&self, names: &[&str]) -> Result<Option<String>, CodecError> {
                let mut object = serde_json::Map::new();
                $(object.insert(key(names, $field), to_value(&self.$field)?);)+
                to_json(&Value::Object(object))
            }

            fn decode(names: &[&str], input: Option<&str>) -> Result<Self, CodecError> {
                let mut object: serde_json::Map<String, Value> = from_json(input)?;
                Ok(($(from_value::<$type>(&key(names, $field), &mut object)?,)+))
            }
        }
    };
}

arguments!(A 0, B 1);
arguments!(A 0, B 1, C 2);
arguments!(A 0, B 1, C 2, D 3);
arguments!(A 0, B 1, C 2, D 3, E 4);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
arguments!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

fn key(names: &[&str], position: usize) -> String {
    names.get(position).map_or_else(|| position.to_string(), |name| (*name).to_owned())
}

fn to_value<T: Serialize>(value: &T) -> Result<Value, CodecError> {
    serde_json::to_value(value).map_err(|source| CodecError::Encode { type_name: std::any::type_name::<T>(), source })
}

fn from_value<T: DeserializeOwned>(key: &str, object: &mut serde_json::Map<String, Value>) -> Result<T, CodecError> {
    let value = object.remove(key).unwrap_or(Value::Null);
    serde_json::from_value(value).map_err(|source| CodecError::Decode {
        type_name: std::any::type_name::<T>(),
        source: serde_json::Error::custom(format!("argument `{key}`: {source}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_arguments_are_an_object() {
        let text = (1_u8, "x".to_owned()).encode(&["count", "name"]).unwrap();
        assert_eq!(text.as_deref(), Some(r#"{"count":1,"name":"x"}"#));
        let back: (String, u8) = Arguments::decode(&["name", "count"], text.as_deref()).unwrap();
        assert_eq!(back, ("x".to_owned(), 1));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        let wrong = <(u8, String)>::decode(&["count", "name"], Some(r#"{"count":"x"}"#)).unwrap_err();
        let CodecError::Decode { source, .. } = wrong else { panic!("{wrong:?}") };
        assert!(source.to_string().starts_with("argument `count`"), "{source}");
    }
}
