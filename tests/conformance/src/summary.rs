//! What handlers tell of a batch.

use durable::{BatchResult, CompletionReason};
use serde::{Deserialize, Serialize};

/// How many items of a batch began and what came of them, and why it ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Summary {
    total: usize,
    succeeded: usize,
    failed: usize,
    reason: CompletionReason,
}

impl Summary {
    pub(crate) fn of<T, E>(batch: &BatchResult<T, E>) -> Self {
        Self {
            total: batch.total_count(),
            succeeded: batch.success_count(),
            failed: batch.failure_count(),
            reason: batch.completion_reason(),
        }
    }
}

/// An item that succeeds or fails as told.
pub(crate) fn outcome(good: bool) -> Result<u32, String> {
    if good { Ok(1) } else { Err("refused".to_owned()) }
}
