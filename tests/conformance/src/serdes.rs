//! What rows let payloads pass on their way to the record and back.

use durable::{Serdes, SerdesContext, SerdesError, SerdesFuture};
use serde_json::{Value, json};

/// A serdes that is two functions.
pub(crate) struct Through {
    pub(crate) write: fn(String) -> Result<String, SerdesError>,
    pub(crate) read: fn(String) -> Result<String, SerdesError>,
}

impl Serdes for Through {
    fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { (self.write)(json) })
    }

    fn deserialize<'a>(&'a self, text: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { (self.read)(text) })
    }
}

/// A text is recorded without quotes, in upper case.
pub(crate) const UPPER_CASE: Through = Through { write: |json| Ok(unquoted(&json)?.to_uppercase()), read: quoted };

/// JSON stays JSON, in upper case.
pub(crate) const LOUD: Through =
    Through { write: |json| Ok(json.to_uppercase()), read: |json| Ok(json.to_uppercase()) };

/// A text is recorded behind `wrapped:`.
pub(crate) const WRAPPED: Through = Through {
    write: |json| Ok(format!("wrapped:{}", unquoted(&json)?)),
    read: |text| match text.strip_prefix("wrapped:") {
        Some(text) => quoted(text.to_owned()),
        None => Err(SerdesError::new(format!("{text} is not wrapped"))),
    },
};

/// JSON is recorded in an object, as `{"wrapped":…}`.
pub(crate) const ENVELOPE: Through = Through {
    write: |json| Ok(format!(r#"{{"wrapped":{json}}}"#)),
    read: |text| {
        let mut envelope: Value = serde_json::from_str(&text).map_err(SerdesError::new)?;
        match envelope.get_mut("wrapped") {
            Some(wrapped) => Ok(wrapped.take().to_string()),
            None => Err(SerdesError::new(format!("{text} is not wrapped"))),
        }
    },
};

/// A batch of texts that all succeeded is recorded as `OPSERDE:X,Y`.
pub(crate) const JOINED: Through = Through {
    write: |json| {
        let batch: Value = serde_json::from_str(&json).map_err(SerdesError::new)?;
        let items = batch["all"].as_array().into_iter().flatten();
        let results = items.map(|item| unquoted(item["result"].as_str().unwrap_or("null")));
        Ok(format!("OPSERDE:{}", results.collect::<Result<Vec<_>, _>>()?.join(",")))
    },
    read: |text| {
        let results = text.strip_prefix("OPSERDE:").ok_or_else(|| SerdesError::new("the mark is missing"))?;
        let item = |(index, text): (usize, &str)| {
            Ok(json!({ "index": index, "status": "SUCCEEDED", "result": quoted(text.to_owned())? }))
        };
        let all: Vec<Value> = results.split(',').enumerate().map(item).collect::<Result<_, SerdesError>>()?;
        Ok(json!({ "all": all, "completionReason": "ALL_COMPLETED" }).to_string())
    },
};

fn unquoted(json: &str) -> Result<String, SerdesError> {
    serde_json::from_str(json).map_err(SerdesError::new)
}

fn quoted(text: String) -> Result<String, SerdesError> {
    Ok(Value::from(text).to_string())
}
