//! What an engine counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// What an engine has done since it started, and what it holds now: see [`Engine::metrics`](super::Engine::metrics).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Runs that began from the top: an execution's first one, and each that was answered from its history.
    pub runs: u64,
    /// Those of them that were answered from a history.
    pub replays: u64,
    /// Suspended runs that were woken where they stood, without a replay.
    pub resumed: u64,
    /// Suspended runs that had to leave memory for others; they replay when they are woken.
    pub evictions: u64,
    /// Suspended runs in memory.
    pub resident: u64,
    /// How often a thread was blocked for too long by one poll; each is logged with the step's name.
    pub blocked: u64,
    /// Executions that are parked: see [`Engine::parked`](super::Engine::parked).
    pub parked: u64,
    /// Executions that nothing will ever wake, or that nobody drives: none. Anything else is worth an alarm, see
    /// [`Engine::stranded`](super::Engine::stranded). The engine looks about once a minute.
    pub stranded: u64,
}

/// A number that many threads change.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, count: u64) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }

    pub(super) fn set(&self, count: u64) {
        self.0.store(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counters behind [`Metrics`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) runs: Counter,
    pub(super) replays: Counter,
    pub(super) resumed: Counter,
    pub(super) evictions: Counter,
    pub(super) resident: Counter,
    pub(super) blocked: Counter,
    pub(super) stranded: Counter,
}

impl Counters {
    pub(super) fn read(&self, parked: usize) -> Metrics {
        Metrics {
            runs: self.runs.get(),
            replays: self.replays.get(),
            resumed: self.resumed.get(),
            evictions: self.evictions.get(),
            resident: self.resident.get(),
            blocked: self.blocked.get(),
            parked: parked as u64,
            stranded: self.stranded.get(),
        }
    }
}
