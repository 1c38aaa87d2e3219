//! From what is recorded of a batch to what user code gets.

use super::result::{BatchError, BatchItem, BatchOutput, BatchResult, RecordedBatch, RecordedItem, RecordedStatus};
use crate::context::{Ctx, Halt};
use crate::operation::Place;
use crate::value::{CodecError, Recorded};

/// A batch that has to succeed as a whole: its output is all results, or the first error in the order of the items.
#[derive(Debug, Clone, Copy)]
pub struct Collected;

/// A batch whose items may fail: its output is a [`BatchResult`].
#[derive(Debug, Clone, Copy)]
pub struct Settled;

/// All results, or the first error.
pub(super) async fn collected<S: BatchOutput>(ctx: &Ctx, batch: RecordedBatch, place: Place) -> S::Collected {
    let result = settled::<S>(ctx, batch, place).await;
    let all = match result.into_results() {
        Ok(all) => Ok(all),
        Err(BatchError::Returned(error)) => Err(error),
        Err(BatchError::Failed(error)) => return ctx.halt(Halt::Fail(error)).await,
    };
    S::collect(all)
}

/// What came of each item.
pub(super) async fn settled<S: BatchOutput>(
    ctx: &Ctx,
    batch: RecordedBatch,
    place: Place,
) -> BatchResult<S::Value, S::Error> {
    match decode::<S>(batch) {
        Ok(result) => result,
        Err((index, source)) => {
            let what = format!("item {index} of the batch at {place}");
            ctx.halt(Halt::Unreadable { what, source }).await
        }
    }
}

/// The same, or the item that can't be read.
pub(super) fn decode<S: BatchOutput>(
    batch: RecordedBatch,
) -> Result<BatchResult<S::Value, S::Error>, (usize, CodecError)> {
    let mut items = Vec::with_capacity(batch.all.len());
    for RecordedItem { index, status } in batch.all {
        let recorded = match status {
            RecordedStatus::Started => {
                items.push(BatchItem { index, outcome: None });
                continue;
            }
            RecordedStatus::Succeeded { result } => Recorded::Succeeded(result),
            RecordedStatus::Failed { error } => Recorded::Failed(error),
        };
        let outcome = match S::decode(recorded) {
            Ok(outcome) => outcome.map_err(BatchError::Returned),
            Err(CodecError::NoError(error)) => Err(BatchError::Failed(error)),
            Err(source) => return Err((index, source)),
        };
        items.push(BatchItem { index, outcome: Some(outcome) });
    }
    Ok(BatchResult { items, reason: batch.reason })
}
