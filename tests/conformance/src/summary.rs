//! What handlers tell of a batch.

use durable::BatchResult;
use serde_json::{Value, json};

/// How a batch ended and what came of its items.
pub(crate) const ALL_FIELDS: &[&str] = &["completionReason", "failureCount", "status", "successCount", "totalCount"];

/// The same without a word on whether anything failed.
pub(crate) const REASON_AND_COUNTS: &[&str] = &["completionReason", "failureCount", "successCount", "totalCount"];

/// What matters where enough items have succeeded.
pub(crate) const REASON_AND_SUCCESSES: &[&str] = &["completionReason", "successCount", "totalCount"];

/// What matters where none can fail.
pub(crate) const SUCCESSES: &[&str] = &["successCount", "totalCount"];

/// What a batch says through its accessors.
pub(crate) const FAILURES: &[&str] = &["errorCount", "failureCount", "hasFailure", "successCount"];

/// These fields of what a batch tells of itself.
pub(crate) fn summary<T, E>(batch: &BatchResult<T, E>, fields: &[&str]) -> Value {
    let mut all = json!({
        "completionReason": batch.completion_reason(),
        "errorCount": batch.errors().count(),
        "failureCount": batch.failure_count(),
        "hasFailure": batch.has_failure(),
        "status": if batch.has_failure() { "FAILED" } else { "SUCCEEDED" },
        "successCount": batch.success_count(),
        "totalCount": batch.total_count(),
    });
    if let Some(all) = all.as_object_mut() {
        all.retain(|field, _| fields.contains(&field.as_str()));
    }
    all
}

/// An item that succeeds or fails as told.
pub(crate) fn outcome(good: bool) -> Result<String, String> {
    if good { Ok("ok".to_owned()) } else { Err("refused".to_owned()) }
}
