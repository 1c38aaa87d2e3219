//! A clock that is set wrong.

use std::pin::Pin;
use std::time::Duration;

use durable::Timestamp;
use durable::model::{Clock, SystemClock};

/// The system's clock, ahead by some milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct WrongClock {
    /// By how many; less than none if it is behind.
    pub ahead_ms: i64,
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().as_millis() + self.ahead_ms)
    }

    fn sleep_until(&self, until: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            while self.now() < until {
                tokio::time::sleep(Duration::from_millis(5).max(until.since(self.now()) / 2)).await;
            }
        })
    }
}
