//! A step may look at the clock, and times that are data may be computed with.

use std::time::{Duration, SystemTime};

use durable::prelude::*;

/// A clock of the user's own, which a replay can answer.
struct Stopwatch {
    minutes: u64,
}

mod clock {
    pub(super) struct Instant;

    impl Instant {
        pub(super) fn now() -> u32 {
            7
        }
    }
}

async fn settle(_at: SystemTime) -> u32 {
    0
}

#[step]
async fn opening_time(offset: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(offset)
}

#[durable]
async fn wait_for_opening(offset: u64) -> bool {
    #[step]
    let now = SystemTime::now();
    #[step]
    let settled = settle(SystemTime::now()).await;
    let opening = opening_time(offset).await;
    let watch = Stopwatch { minutes: 3 };
    let own = self::clock::Instant::now();
    let epoch = SystemTime::UNIX_EPOCH;
    opening > now && epoch < now && watch.minutes > u64::from(settled + own)
}

#[durable]
async fn local_items(offset: u64) -> u64 {
    struct Instant;
    impl Instant {
        fn now() -> u64 {
            1
        }
    }
    offset + Instant::now()
}

#[durable(allow(wall_clock, reason = "the answer may differ"))]
async fn allowed(offset: u64) -> bool {
    SystemTime::now() > SystemTime::UNIX_EPOCH + Duration::from_secs(offset)
}
