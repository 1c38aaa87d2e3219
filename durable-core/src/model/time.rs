//! Points in time, durations in the units of history, and the clock they come from.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since the Unix epoch.
///
/// See [`wait_until`](crate::operation::wait_until) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point this many milliseconds after the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The point this many whole seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds as i64 * 1000))
    }

    /// The point this much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is from `earlier` until here; zero if it lies after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => f.pad(&format!("{time:.3}")),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// Where the engine gets the time from.
///
/// See [`EngineBuilder`](crate::engine::EngineBuilder) for an example.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Returns when `until` has come; at once if it has passed.
    fn sleep_until(&self, until: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's wall clock.
///
/// See [`EngineBuilder`](crate::engine::EngineBuilder) for an example.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }

    /// Sleeps in slices, so that a jump of the wall clock is noticed within a second.
    fn sleep_until(&self, until: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        const SLICE: Duration = Duration::from_secs(1);
        Box::pin(async move {
            loop {
                let left = until.since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(SLICE)).await;
            }
        })
    }
}

/// `n` seconds.
///
/// See [`sleep`](crate::operation::sleep()) for an example.
pub const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// `n` minutes.
///
/// See [`sleep`](crate::operation::sleep()) for an example.
pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// `n` hours.
///
/// See [`sleep`](crate::operation::sleep()) for an example.
pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3600)
}

/// `n` days of 24 hours.
///
/// See [`sleep`](crate::operation::sleep()) for an example.
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 86_400)
}

/// The longest wait, delay or timeout that history can hold: 366 days.
const MAX_SECONDS: u64 = 31_622_400;

/// A duration in the unit of history: whole seconds, rounded up so that nothing ends early, from 1 to 31,622,400.
pub(crate) fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(rounded_up(duration).clamp(1, MAX_SECONDS)).unwrap_or(u32::MAX)
}

/// The same for a wait or a timeout, which must not end earlier than was asked for.
pub(crate) fn wait_seconds(duration: Duration) -> Result<u32, TooLong> {
    seconds_up_to(duration, u32::try_from(MAX_SECONDS).unwrap_or(u32::MAX))
}

/// Whole seconds, rounded up, from 1 to `most`.
pub(crate) fn seconds_up_to(duration: Duration, most: u32) -> Result<u32, TooLong> {
    match u32::try_from(rounded_up(duration)) {
        Ok(seconds) if seconds <= most => Ok(seconds.max(1)),
        _ => Err(TooLong { asked: duration.as_secs(), most }),
    }
}

fn rounded_up(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// A time that is longer than history can hold.
///
/// See [`sleep`](crate::operation::sleep()) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{asked} seconds are more than the {most} that history can hold")]
pub struct TooLong {
    asked: u64,
    most: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_and_never_cut() {
        assert_eq!(wait_seconds(Duration::ZERO), Ok(1));
        assert_eq!(wait_seconds(Duration::from_millis(1_001)), Ok(2));
        assert_eq!(wait_seconds(days(366)), Ok(31_622_400));
        assert_eq!(
            wait_seconds(days(366) + Duration::from_nanos(1)),
            Err(TooLong { asked: 31_622_400, most: 31_622_400 })
        );
        assert_eq!(wait_seconds(Duration::MAX), Err(TooLong { asked: u64::MAX, most: 31_622_400 }));
        assert_eq!(whole_seconds(Duration::MAX), 31_622_400);
    }
}
