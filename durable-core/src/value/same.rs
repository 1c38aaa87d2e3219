//! Whether two JSON texts say the same.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// As deep as JSON is read elsewhere.
const DEPTH: usize = 128;

/// Whether these are the same value, with the keys of objects in any order. Numbers and strings are compared as they are
/// written: a large number would lose digits if it was read.
pub(crate) fn are_same(one: Option<&str>, other: Option<&str>) -> bool {
    same(one.unwrap_or("null"), other.unwrap_or("null"), DEPTH)
}

fn same(one: &str, other: &str, depth: usize) -> bool {
    let (one, other) = (one.trim_ascii(), other.trim_ascii());
    if one == other {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    match (one.as_bytes().first(), other.as_bytes().first()) {
        (Some(b'['), Some(b'[')) => {
            let both = items(one).zip(items(other)).filter(|(one, other)| one.len() == other.len());
            both.is_some_and(|(one, other)| {
                one.iter().zip(&other).all(|(one, other)| same(one.get(), other.get(), depth))
            })
        }
        (Some(b'{'), Some(b'{')) => {
            let both = entries(one).zip(entries(other)).filter(|(one, other)| one.keys().eq(other.keys()));
            let values = both.map(|(one, other)| one.into_values().zip(other.into_values()));
            values.is_some_and(|mut values| values.all(|(one, other)| same(one.get(), other.get(), depth)))
        }
        _ => false,
    }
}

fn items(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

fn entries(json: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::are_same;

    #[test]
    fn only_keys_and_spaces_may_differ() {
        let same = |one, other| are_same(Some(one), Some(other)) && are_same(Some(other), Some(one));
        assert!(same(r#"{"a":[1,{"x":1,"y":2}],"b":null}"#, r#"{ "b": null, "a": [ 1, { "y": 2, "x": 1 } ] }"#));
        assert!(are_same(None, Some("null")));
        assert!(!same(r#"{"a":1}"#, r#"{"a":1,"b":1}"#) && !same(r#"{"a":1}"#, r#"{"b":1}"#));
        assert!(!same("[1,2]", "[2,1]") && !same("[1]", "[1,1]") && !same("[]", "{}") && !same("1", r#""1""#));
        // As floating point these are one number.
        assert!(!same("[1267650600228229401496703205376]", "[1267650600228229401496703205377]"));
        assert!(!same("{", "{}"));
    }

    #[test]
    fn what_is_too_deep_to_be_read_is_not_the_same() {
        let deep = |inside: &str| format!("{}{inside}{}", "[".repeat(2_000), "]".repeat(2_000));
        assert!(!are_same(Some(&deep("1")), Some(&deep("2"))));
    }
}
