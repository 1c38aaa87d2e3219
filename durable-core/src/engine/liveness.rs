//! Whether anything is forgotten: every execution that has not ended is driven, or waits for something that will come.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::error::EngineError;
use super::shared::Shared;
use super::stopwatch::Stopwatch;
use crate::model::ExecutionId;
use crate::store::LogEnd;

/// How many executions are read from the store at once.
const PAGE: u32 = 512;
/// After how much time to look again at what looks forgotten: it may have been between two hands.
const SECOND_LOOK: Duration = Duration::from_millis(100);
/// How often to look, at most; and how many times longer to pause than the look took.
const PAUSE: (Duration, u32) = (Duration::from_secs(60), 100);

/// Looks for as long as the engine runs, and says aloud what it finds.
pub(super) async fn look(shared: Arc<Shared>) {
    loop {
        let began = Stopwatch::start();
        match stranded(&shared).await {
            Err(EngineError::ShutDown) => return,
            Ok(stranded) if !stranded.is_empty() => {
                tracing::error!(
                    count = stranded.len(),
                    "executions wait for nothing that will come: a bug in `durable`"
                );
            }
            // The store says aloud itself when it can't be read.
            Ok(_) | Err(_) => {}
        }
        tokio::time::sleep(PAUSE.0.max(began.elapsed() * PAUSE.1)).await;
    }
}

/// Executions that nothing will ever wake, and those that should run and that nobody drives.
pub(super) async fn stranded(shared: &Shared) -> Result<Vec<ExecutionId>, EngineError> {
    let mut stranded = shared.read(|store| store.stranded()).await?;
    let suspects = undriven(shared).await?;
    if !suspects.is_empty() {
        tokio::time::sleep(SECOND_LOOK).await;
        let still = undriven(shared).await?;
        for id in suspects.into_iter().filter(|id| still.contains(id)) {
            // One that has ended and tells that has no task.
            let standing = shared.read(move |store| store.glance(id, LogEnd::Last)).await?;
            if standing.is_some_and(|found| found.standing.runnable) {
                stranded.push(id);
            }
        }
    }
    shared.metrics.stranded.set(stranded.len() as u64);
    Ok(stranded)
}

/// Executions that the store says should run, and for which there is no task now nor will be one by itself.
async fn undriven(shared: &Shared) -> Result<Vec<ExecutionId>, EngineError> {
    let (mut undriven, mut last) = (Vec::new(), None);
    while shared.recovered.load(Ordering::Acquire) && !shared.is_draining() {
        let page = shared.read(move |store| store.runnable(last, PAGE)).await?;
        last = page.last().copied();
        if last.is_none() {
            break;
        }
        undriven.extend(page.into_iter().filter(|id| !is_looked_after(shared, *id)));
    }
    Ok(undriven)
}

fn is_looked_after(shared: &Shared, id: ExecutionId) -> bool {
    shared.mailboxes.is_open(id)
        || shared.gates.is_waiting(id)
        || shared.probation.holds_back(id)
        || shared.parking.reason(id).is_some()
        || shared.is_put_off(id)
}
