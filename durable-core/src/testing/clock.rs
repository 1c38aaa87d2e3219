//! A clock that stands still until a test moves it.

use std::pin::Pin;

use tokio::sync::watch;

use crate::model::{Clock, Timestamp};

/// The first of January 2026, so that histories of tests are the same on each day.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Time that passes only when a test says so.
#[derive(Debug)]
pub(super) struct VirtualClock {
    now: watch::Sender<Timestamp>,
}

impl VirtualClock {
    pub(super) fn new() -> Self {
        Self { now: watch::Sender::new(START) }
    }

    /// Moves the time on; it never goes back.
    pub(super) fn advance_to(&self, time: Timestamp) {
        self.now.send_if_modified(|now| {
            let later = time > *now;
            *now = time.max(*now);
            later
        });
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, until: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            if now.wait_for(|now| *now >= until).await.is_err() {
                // Time has ended, and with it whoever waited.
                std::future::pending::<()>().await;
            }
        })
    }
}
