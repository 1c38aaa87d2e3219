//! What a test takes in real time in which a year passes.

use std::time::{Duration, Instant};

use durable::testing::TestEngine;

use crate::functions::year;

#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// All of it: the engine's start, its threads, both invocations, their end, and the replay at the end.
    Test,
    /// From where the execution is suspended to where it has ended.
    Wait,
}

impl Part {
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "the whole test",
            Self::Wait => "the wait alone",
        }
    }
}

/// How long so many repetitions took.
pub async fn time(part: Part, repetitions: u64) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..repetitions {
        total += match part {
            Part::Test => test().await,
            Part::Wait => wait().await,
        };
    }
    total
}

async fn test() -> Duration {
    let began = Instant::now();
    let run = TestEngine::new().run(year()).await;
    let took = began.elapsed();
    assert_eq!(run.output().ok(), Some(1));
    took
}

async fn wait() -> Duration {
    let mut suspended = TestEngine::new().start(year()).await;
    let began = Instant::now();
    suspended.advance_to_next().await;
    let took = began.elapsed();
    assert!(suspended.has_ended());
    suspended.finish().await;
    took
}
