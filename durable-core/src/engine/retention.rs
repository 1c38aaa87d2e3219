//! Deletes executions some time after their end.

use std::sync::Arc;
use std::time::Duration;

use super::error::EngineError;
use super::shared::Shared;
use crate::model::Timestamp;
use crate::store::{Store, StoreError};

/// How many executions are deleted in one write, so that checkpoints do not wait long for it.
const BATCH: u32 = 256;
/// How often to look, at most and at least; in between, ten times in each retention.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));

/// Deletes what ended longer ago than the retention, for as long as the engine runs.
pub(super) async fn sweep(shared: Arc<Shared>, retention: Duration) {
    let pause = (retention / 10).clamp(PAUSE.0, PAUSE.1);
    loop {
        let now = shared.clock.now();
        match shared.read(move |store| sweep_once(store, now, retention)).await {
            Err(EngineError::ShutDown) => return,
            // There may be more; others get their turn in between.
            Ok(deleted) if deleted == BATCH as usize => tokio::task::yield_now().await,
            Ok(_) => tokio::time::sleep(pause).await,
            Err(error) => {
                tracing::warn!(%error, "executions past their retention could not be deleted");
                tokio::time::sleep(pause).await;
            }
        }
    }
}

fn sweep_once(store: &dyn Store, now: Timestamp, retention: Duration) -> Result<usize, StoreError> {
    let age = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let limit = Timestamp::from_millis(now.as_millis().saturating_sub(age));
    let ended = store.ended_before(limit, BATCH)?;
    if !ended.is_empty() {
        store.delete(&ended)?;
    }
    Ok(ended.len())
}
