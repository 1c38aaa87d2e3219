//! Points in time, in the two units in which they travel.

use std::fmt;

use durable_core::model::Timestamp;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Milliseconds since the Unix epoch: the unit in the payload of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EpochMillis(Timestamp);

/// Seconds since the Unix epoch with milliseconds as a fraction: the unit in the HTTP API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EpochSeconds(Timestamp);

/// A unit in which points in time travel.
pub trait Time: Copy + From<Timestamp> + Into<Timestamp> {}

impl Time for EpochMillis {}
impl Time for EpochSeconds {}

macro_rules! from_and_into {
    ($($time:ident),*) => {$(
        impl From<Timestamp> for $time {
            fn from(timestamp: Timestamp) -> Self {
                Self(timestamp)
            }
        }

        impl From<$time> for Timestamp {
            fn from(time: $time) -> Self {
                time.0
            }
        }
    )*};
}

from_and_into!(EpochMillis, EpochSeconds);

impl Serialize for EpochMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.as_millis())
    }
}

impl Serialize for EpochSeconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Exact to the millisecond for the next 280,000 years.
        serializer.serialize_f64(self.0.as_millis() as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for EpochMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number { factor: 1 }).map(Self)
    }
}

impl<'de> Deserialize<'de> for EpochSeconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number { factor: 1000 }).map(Self)
    }
}

/// A number of units, each of which is `factor` milliseconds.
struct Number {
    factor: i64,
}

impl Visitor<'_> for Number {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: Error>(self, units: i64) -> Result<Timestamp, E> {
        Ok(Timestamp::from_millis(units.saturating_mul(self.factor)))
    }

    fn visit_u64<E: Error>(self, units: u64) -> Result<Timestamp, E> {
        self.visit_i64(i64::try_from(units).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: Error>(self, units: f64) -> Result<Timestamp, E> {
        // A float cast saturates.
        Ok(Timestamp::from_millis((units * self.factor as f64).round() as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_differ_and_milliseconds_survive() {
        let time = Timestamp::from_millis(1_732_358_656_924);
        assert_eq!(serde_json::to_string(&EpochMillis(time)).unwrap(), "1732358656924");
        assert_eq!(serde_json::to_string(&EpochSeconds(time)).unwrap(), "1732358656.924");
        for millis in ["1732358656924", "1732358656924.0"] {
            assert_eq!(serde_json::from_str::<EpochMillis>(millis).unwrap().0, time);
        }
        assert_eq!(serde_json::from_str::<EpochSeconds>("1732358656.924").unwrap().0, time);
        assert_eq!(serde_json::from_str::<EpochSeconds>("12").unwrap().0, Timestamp::from_millis(12_000));
    }
}
