//! Tells when a worker thread is held up by code that blocks it.

use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use crate::context::{Activity, Watch};

/// How often to look in the time after which a thread counts as blocked.
const LOOKS: u32 = 4;

/// Looks at the workers for as long as the engine runs.
pub(super) async fn look(shared: Arc<Shared>, watches: Vec<Arc<Watch>>, after: Duration) {
    let mut seen: Vec<Seen> = watches.iter().map(|_| Seen::default()).collect();
    loop {
        tokio::time::sleep(after / LOOKS).await;
        for (watch, seen) in watches.iter().zip(&mut seen) {
            if let Some(Activity { execution, body }) = seen.look(watch) {
                shared.metrics.blocked.add(1);
                match body {
                    Some((side, place)) => tracing::warn!(
                        %execution,
                        "{side} at {place} has blocked its thread for {after:?}, and every execution on it waits; use \
                         `.await` for what takes time, or `durable::blocking(move || …).await`"
                    ),
                    None => tracing::warn!(
                        %execution,
                        "code between durable operations has blocked its thread for {after:?}, and every execution on \
                         it waits; put what takes time into a step"
                    ),
                }
            }
        }
    }
}

/// The poll in which a worker was seen last, and how often.
#[derive(Debug, Default)]
struct Seen {
    turn: u64,
    looks: u32,
}

impl Seen {
    /// What the worker does, at the moment from which on it counts as blocked.
    fn look(&mut self, watch: &Watch) -> Option<Activity> {
        let turn = watch.turn()?;
        if turn != self.turn {
            *self = Self { turn, looks: 1 };
            return None;
        }
        self.looks += 1;
        if self.looks == LOOKS + 1 { watch.activity().clone() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ExecutionId;

    #[test]
    fn a_poll_that_does_not_end_is_told_once() {
        let (watch, mut seen) = (Watch::default(), Seen::default());
        let id = ExecutionId::from_bytes([7; 16]);
        for _ in 0..20 {
            let _polling = watch.polls(id);
            assert!(seen.look(&watch).is_none(), "each poll is another");
        }
        assert!(seen.look(&watch).is_none(), "nothing is polled");
        let _polling = watch.polls(id);
        let told: Vec<_> = (0..20).filter_map(|_| seen.look(&watch)).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].execution, id);
    }
}
