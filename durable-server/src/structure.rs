//! Bodies that have to be a structure.

use serde::de::{DeserializeOwned, Error};

/// Reads a structure from JSON. An array is none, though it could give a structure's fields in their order.
pub(crate) fn structure<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    match body.trim_ascii_start().first() {
        Some(b'[') => Err(serde_json::Error::custom("an object is wanted, and not an array")),
        _ => serde_json::from_slice(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_no_structures() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct One {
            a: Option<u8>,
        }
        assert_eq!(structure::<One>(br#" {"a":1}"#).ok(), Some(One { a: Some(1) }));
        for wrong in ["[]", "[1]", " \n[1]", "", "1", "null", "{"] {
            assert!(structure::<One>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
