//! How the arguments of a durable function become one JSON text.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde_json::value::RawValue;

use super::{CodecError, DurableValue, from_json, to_json};

/// An argument of a durable function: how it is written down and read.
///
/// The bounds stand where one is made, so that an argument that can't be recorded is one error at its type.
pub struct Argument<T> {
    to_json: fn(&T) -> Result<Option<String>, CodecError>,
    from_json: fn(Option<&str>) -> Result<T, CodecError>,
}

/// An argument of this type.
pub const fn argument<T: DurableValue>() -> Argument<T> {
    Argument { to_json, from_json }
}

/// How the arguments of a durable function are recorded: a tuple of up to eight [`Argument`]s.
///
/// No argument is `null`, one argument is its own JSON, several are an object with the parameters' names as keys. So
/// parameters of a function with several can be reordered, and a caller in another language writes plain JSON.
pub trait Arguments<Input>: Send + Sync {
    #[doc(hidden)]
    fn encode(&self, input: &Input, names: &[&str]) -> Result<Option<String>, CodecError>;

    #[doc(hidden)]
    fn decode(&self, names: &[&str], input: Option<&str>) -> Result<Input, CodecError>;
}

impl Arguments<()> for () {
    fn encode(&self, (): &(), _: &[&str]) -> Result<Option<String>, CodecError> {
        Ok(None)
    }

    fn decode(&self, _: &[&str], _: Option<&str>) -> Result<(), CodecError> {
        Ok(())
    }
}

impl<A> Arguments<(A,)> for (Argument<A>,) {
    fn encode(&self, input: &(A,), _: &[&str]) -> Result<Option<String>, CodecError> {
        (self.0.to_json)(&input.0)
    }

    fn decode(&self, _: &[&str], input: Option<&str>) -> Result<(A,), CodecError> {
        // Not `map`, which would be compiled for each type.
        match (self.0.from_json)(input) {
            Ok(argument) => Ok((argument,)),
            Err(error) => Err(error),
        }
    }
}

macro_rules! arguments {
    ($($type:ident $field:tt),+) => {
        impl<$($type),+> Arguments<($($type,)+)> for ($(Argument<$type>,)+) {
            fn encode(&self, input: &($($type,)+), names: &[&str]) -> Result<Option<String>, CodecError> {
                let mut object = Object::new(names);
                $(object.set($field, (self.$field.to_json)(&input.$field)?)?;)+
                object.encode()
            }

            fn decode(&self, names: &[&str], input: Option<&str>) -> Result<($($type,)+), CodecError> {
                let object = Object::decode(names, input)?;
                Ok(($(object.take($field, self.$field.from_json)?,)+))
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

/// Arguments by the names of their parameters, each as JSON. It has no types, so that it is compiled here and not for each
/// function.
struct Object<'a> {
    names: &'a [&'a str],
    values: BTreeMap<String, Box<RawValue>>,
}

impl<'a> Object<'a> {
    fn new(names: &'a [&'a str]) -> Self {
        Self { names, values: BTreeMap::new() }
    }

    fn encode(self) -> Result<Option<String>, CodecError> {
        to_json(&self.values)
    }

    fn decode(names: &'a [&'a str], input: Option<&str>) -> Result<Self, CodecError> {
        let values = from_json(input).map_err(|error| match error {
            CodecError::Decode { source, .. } => CodecError::Decode { type_name: "an object of arguments", source },
            other => other,
        })?;
        Ok(Self { names, values })
    }

    fn key(&self, position: usize) -> String {
        self.names.get(position).map_or_else(|| position.to_string(), |name| (*name).to_owned())
    }

    fn set(&mut self, position: usize, json: Option<String>) -> Result<(), CodecError> {
        let json = json.unwrap_or_else(|| "null".to_owned());
        let value = RawValue::from_string(json)
            .map_err(|source| CodecError::Encode { type_name: std::any::type_name::<RawValue>(), source })?;
        self.values.insert(self.key(position), value);
        Ok(())
    }

    fn take<T>(&self, position: usize, from_json: fn(Option<&str>) -> Result<T, CodecError>) -> Result<T, CodecError> {
        let key = self.key(position);
        let value = self.values.get(&key);
        from_json(value.map(|value| value.get())).map_err(|error| match error {
            CodecError::Decode { type_name, source } => {
                let fault = match value {
                    Some(_) => format!("argument `{key}`: {source}"),
                    None => format!("argument `{key}` is missing"),
                };
                CodecError::Decode { type_name, source: serde_json::Error::custom(fault) }
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_arguments_are_an_object() {
        let input = (1_u8, "x".to_owned());
        let text = (argument::<u8>(), argument::<String>()).encode(&input, &["count", "name"]).unwrap();
        assert_eq!(text.as_deref(), Some(r#"{"count":1,"name":"x"}"#));
        let reordered = (argument::<String>(), argument::<u8>());
        let back: (String, u8) = reordered.decode(&["name", "count"], text.as_deref()).unwrap();
        assert_eq!(back, ("x".to_owned(), 1));
    }

    #[test]
    fn arguments_may_be_left_out_or_null_or_large() {
        let arguments = (argument::<Option<u8>>(), argument::<()>(), argument::<u128>());
        let names = ["maybe", "nothing", "large"];
        let input = (None, (), u128::MAX);
        let text = arguments.encode(&input, &names).unwrap().unwrap();
        assert_eq!(text, format!(r#"{{"large":{},"maybe":null,"nothing":null}}"#, u128::MAX));
        assert_eq!(arguments.decode(&names, Some(&text)).unwrap(), input);
        let sparse = arguments.decode(&names, Some(r#"{ "large" : 1 , "unknown": [ ] }"#)).unwrap();
        assert_eq!(sparse, (None, (), 1));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        let arguments = (argument::<u8>(), argument::<String>());
        let wrong = arguments.decode(&["count", "name"], Some(r#"{"count":"x"}"#)).unwrap_err();
        let CodecError::Decode { source, .. } = wrong else { panic!("{wrong:?}") };
        assert!(source.to_string().starts_with("argument `count`: invalid type"), "{source}");
        let missing = arguments.decode(&["count", "name"], Some(r#"{"count":1}"#)).unwrap_err();
        let CodecError::Decode { source, .. } = missing else { panic!("{missing:?}") };
        assert_eq!(source.to_string(), "argument `name` is missing");
        let list = arguments.decode(&["count", "name"], Some("[]")).unwrap_err();
        assert!(matches!(list, CodecError::Decode { type_name: "an object of arguments", .. }), "{list:?}");
    }
}
