//! Batches whose code says what history keeps of them when they are large.

use super::map::{ItemNames, Map};
use super::output::{Settled, decode, settled};
use super::parallel::{Branches, Parallel};
use super::result::{BatchOutput, BatchResult, RecordedBatch};
use crate::operation::{Ctx, Operation, Place};

/// See [`Map::summary`].
#[must_use = "nothing runs until this is awaited in a `#[durable]` function"]
pub struct Summarised<B, G> {
    pub(super) batch: B,
    pub(super) summary: G,
}

/// What the code says of a recorded batch. One that can't be read is not there to be spoken of: the code does not get it.
fn said<S: BatchOutput>(
    batch: &RecordedBatch,
    summary: impl Fn(&BatchResult<S::Value, S::Error>) -> String,
) -> Option<String> {
    decode::<S>(batch.clone()).ok().map(|batch| summary(&batch))
}

#[diagnostic::do_not_recommend]
impl<I, F, S, N, G> Operation for Summarised<Map<I, F, Settled, N>, G>
where
    I: IntoIterator,
    N: ItemNames<I::Item>,
    F: AsyncFn(Ctx, I::Item) -> S,
    S: BatchOutput,
    G: Fn(&BatchResult<S::Value, S::Error>) -> String,
{
    type Output = BatchResult<S::Value, S::Error>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let Self { batch, summary } = self;
        let batch = batch.perform(ctx, place, Some(&|batch| said::<S>(batch, &summary))).await;
        settled::<S>(ctx, batch, place).await
    }
}

#[diagnostic::do_not_recommend]
impl<B, G> Operation for Summarised<Parallel<B, Settled>, G>
where
    B: Branches,
    G: Fn(&BatchResult<<B::Each as BatchOutput>::Value, <B::Each as BatchOutput>::Error>) -> String,
{
    type Output = BatchResult<<B::Each as BatchOutput>::Value, <B::Each as BatchOutput>::Error>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let Self { batch, summary } = self;
        let batch = batch.perform(ctx, place, Some(&|batch| said::<B::Each>(batch, &summary))).await;
        settled::<B::Each>(ctx, batch, place).await
    }
}
