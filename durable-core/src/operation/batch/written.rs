//! An item of a batch as JSON, where code returns a whole batch.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::result::{BatchItem, BatchStatus};

/// An item as JSON. A value that is `null` is there and says so.
#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>, F: Deserialize<'de>"))]
struct WrittenItem<R, F> {
    index: usize,
    status: BatchStatus,
    #[serde(default = "absent", skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    result: Option<R>,
    #[serde(default = "absent", skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    error: Option<F>,
}

fn absent<T>() -> Option<T> {
    None
}

fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl<T: Serialize, E: Serialize> Serialize for BatchItem<T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (result, error) = match &self.outcome {
            Some(Ok(result)) => (Some(result), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        WrittenItem { index: self.index, status: self.status(), result, error }.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, E: Deserialize<'de>> Deserialize<'de> for BatchItem<T, E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenItem { index, status, result, error } = WrittenItem::deserialize(deserializer)?;
        let outcome = match (status, result, error) {
            (BatchStatus::Succeeded, Some(result), None) => Some(Ok(result)),
            (BatchStatus::Failed, None, Some(error)) => Some(Err(error)),
            (BatchStatus::Started, None, None) => None,
            _ => return Err(D::Error::custom(format!("item {index} does not have what its status says"))),
        };
        Ok(Self { index, outcome })
    }
}
