//! The query of a request.

use durable_core::model::Timestamp;

use crate::error::ApiError;

/// The parameters of a request's query, in which a key may come several times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn of(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The value of a key that is there and not empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn number(&self, key: &str) -> Result<Option<u32>, ApiError> {
        self.read(key, "a number", |value| value.parse().ok())
    }

    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool, ApiError> {
        let flag = self.read(key, "true or false", |value| match value {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })?;
        Ok(flag.unwrap_or(default))
    }

    /// A point in time, as ISO 8601 or in seconds since 1970.
    pub(crate) fn time(&self, key: &str) -> Result<Option<Timestamp>, ApiError> {
        self.read(key, "a point in time", |value| {
            let spelled = value.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).ok();
            // A float cast saturates.
            let seconds = || value.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
            spelled.or_else(|| seconds().map(|seconds| (seconds * 1000.0) as i64)).map(Timestamp::from_millis)
        })
    }

    fn read<T>(&self, key: &str, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| ApiError::invalid_parameter(format!("{key} is not {what}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_what_they_have_to_be() {
        let query = "a=1&a=2&flag=false&at=2026-11-26T10:00:00Z&seconds=12.5&empty=&x=%2F";
        let params = Params::of(Some(query));
        assert_eq!(params.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((params.get("x"), params.get("empty"), params.get("none")), (Some("/"), None, None));
        assert_eq!((params.number("a"), params.number("empty")), (Ok(Some(1)), Ok(None)));
        assert!(params.number("x").is_err());
        assert_eq!((params.flag("flag", true), params.flag("none", true)), (Ok(false), Ok(true)));
        assert!(params.flag("a", true).is_err());
        assert_eq!(params.time("seconds"), Ok(Some(Timestamp::from_millis(12_500))));
        assert_eq!(params.time("at").unwrap().unwrap().to_string(), "2026-11-26T10:00:00.000Z");
        assert!(params.time("x").is_err());
    }
}
