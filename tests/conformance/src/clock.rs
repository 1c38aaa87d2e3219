//! A clock that runs fast, so that histories keep their seconds and tests don't take them.

use std::pin::Pin;
use std::time::{Duration, Instant};

use durable::Timestamp;
use durable::model::{Clock, SystemClock};

/// How many seconds this clock shows for each that passes.
const RATE: u32 = 5;

/// See the module.
#[derive(Debug)]
pub struct FastClock {
    since: Instant,
    started: Timestamp,
}

impl FastClock {
    /// A clock that shows the right time, now.
    pub fn start() -> Self {
        Self { since: Instant::now(), started: SystemClock.now() }
    }
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let shown = self.since.elapsed() * RATE;
        Timestamp::from_millis(self.started.as_millis() + i64::try_from(shown.as_millis()).unwrap_or(i64::MAX / 2))
    }

    fn sleep_until(&self, until: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            loop {
                let left = until.since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep((left / RATE).max(Duration::from_millis(1))).await;
            }
        })
    }
}
