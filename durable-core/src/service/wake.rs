//! What will wake a suspended execution.

use std::collections::BTreeSet;

use crate::model::Kind;

/// What an execution waits for, of which kind.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// A timer, or the delay before a retry.
    pub timer: bool,
    /// A callback.
    pub callback: bool,
    /// An execution that it started.
    pub child: bool,
}

/// The operations that will wake a suspended run, by their position.
#[derive(Debug, Clone, Default)]
pub(super) struct WakeSources {
    positions: BTreeSet<usize>,
    timers: u32,
    callbacks: u32,
    children: u32,
}

impl WakeSources {
    pub(super) fn insert(&mut self, position: usize, kind: Kind) {
        if self.positions.insert(position) {
            *self.count(kind) += 1;
        }
    }

    pub(super) fn remove(&mut self, position: usize, kind: Kind) {
        if self.positions.remove(&position) {
            let count = self.count(kind);
            *count = count.saturating_sub(1);
        }
    }

    pub(super) fn contains(&self, position: usize) -> bool {
        self.positions.contains(&position)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    pub(super) fn kinds(&self) -> Waits {
        Waits { timer: self.timers > 0, callback: self.callbacks > 0, child: self.children > 0 }
    }

    fn count(&mut self, kind: Kind) -> &mut u32 {
        match kind {
            Kind::Callback => &mut self.callbacks,
            Kind::ChainedInvoke => &mut self.children,
            _ => &mut self.timers,
        }
    }
}
