//! What came of a batch.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::completion::CompletionReason;
use crate::model::ErrorObject;
use crate::operation::Sealed;
use crate::value::{Codec, CodecError, Opaque, Plain, Recorded, Typed, TypedDisplay};

/// The items of a batch that began, in the order of the items, and why the batch ended.
///
/// It can be recorded, so a function, a branch or a step may return one: as JSON it reads as the record of the batch does,
/// `{"all":[{"index":0,"status":"SUCCEEDED","result":7}],"completionReason":"ALL_COMPLETED"}`.
///
/// ```
/// use durable::prelude::*;
/// use durable::{BatchError, BatchStatus, CompletionReason};
///
/// #[durable]
/// async fn checks(numbers: Vec<u32>) -> Result<Vec<u32>, String> {
///     let checked = map(&numbers, async |n| if *n > 2 { Err(format!("{n} is too large")) } else { Ok(*n) });
///     let checked = checked.settled().all_completed().named("checks").await;
///     assert_eq!(checked.completion_reason(), CompletionReason::AllCompleted);
///     assert_eq!(checked.total_count(), checked.success_count() + checked.failure_count() + checked.started_count());
///     assert_eq!(checked.items().first().map(|item| item.index), Some(0));
///     assert_eq!(checked.status() == BatchStatus::Failed, checked.has_failure());
///     let too_large: Vec<usize> = checked.failed().map(|item| item.index).collect();
///     assert_eq!(too_large.len() + checked.succeeded().count() + checked.started().count(), numbers.len());
///     if let Some(BatchError::Returned(first)) = checked.errors().next() {
///         assert!(first.ends_with("is too large"));
///     }
///     if checked.has_failure() && checked.errors().count() < checked.results().count() {
///         return Ok(checked.results().copied().collect());
///     }
///     checked.into_results().map_err(|error| error.to_string())
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(checks).start().await?;
/// # assert_eq!(engine.start(checks(vec![1, 2, 3])).await?.output().await?, Ok(vec![1, 2]));
/// # assert!(engine.start(checks(vec![3])).await?.output().await?.is_err());
/// # Ok(())
/// # }
/// ```
///
/// The code of an item that returns no `Result` has no error of its own, which is what [`NoError`] stands for:
///
/// ```
/// use durable::NoError;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn first_quote(sellers: Vec<u32>) -> BatchResult<u32, NoError> {
///     map(sellers, async |seller: u32| seller * 10).settled().first_successful().await
/// }
///
/// #[durable]
/// async fn cheapest() -> Option<u32> {
///     let quotes = first_quote(vec![3, 1]).await;
///     quotes.results().min().copied()
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(cheapest).start().await?;
/// # assert_eq!(engine.start(cheapest()).await?.output().await?, Some(10));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchResult<T, E> {
    #[serde(rename = "all")]
    pub(super) items: Vec<BatchItem<T, E>>,
    #[serde(rename = "completionReason")]
    pub(super) reason: CompletionReason,
}

/// Where an item of a batch stands, or a batch as a whole.
///
/// See [`BatchResult`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BatchStatus {
    /// The item succeeded; of a batch, that no item failed.
    Succeeded,
    /// The item failed; of a batch, that an item did.
    Failed,
    /// The item began, and the batch ended before it did. A batch that is there to be asked has ended.
    Started,
}

/// One item of a batch.
///
/// See [`BatchResult`] for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchItem<T, E> {
    /// Its position among all items, counted from 0.
    pub index: usize,
    /// What its code returned; `None` if the batch ended before that.
    pub outcome: Option<Result<T, BatchError<E>>>,
}

impl<T, E> BatchItem<T, E> {
    /// Where it stands.
    pub fn status(&self) -> BatchStatus {
        match &self.outcome {
            Some(Ok(_)) => BatchStatus::Succeeded,
            Some(Err(_)) => BatchStatus::Failed,
            None => BatchStatus::Started,
        }
    }
}

/// The error of code that has none: of an item of a batch that returns no `Result`. There is no value of this type.
///
/// See [`BatchResult`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoError {}

impl fmt::Display for NoError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for NoError {}

/// Why an item failed.
///
/// See [`BatchResult`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchError<E> {
    /// Its code returned this error.
    Returned(E),
    /// Something else went wrong, for which its code has no error.
    Failed(ErrorObject),
}

impl<E: fmt::Display> fmt::Display for BatchError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(error) => error.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> std::error::Error for BatchError<E> {}

impl<T, E> BatchResult<T, E> {
    /// All items that began.
    pub fn items(&self) -> &[BatchItem<T, E>] {
        &self.items
    }

    /// Why the batch ended.
    pub fn completion_reason(&self) -> CompletionReason {
        self.reason
    }

    /// Whether an item failed, as a status: never [`BatchStatus::Started`].
    pub fn status(&self) -> BatchStatus {
        if self.has_failure() { BatchStatus::Failed } else { BatchStatus::Succeeded }
    }

    /// The items that succeeded, in the order of the items.
    pub fn succeeded(&self) -> impl Iterator<Item = &BatchItem<T, E>> {
        self.items_that(BatchStatus::Succeeded)
    }

    /// The items that failed, in the order of the items.
    pub fn failed(&self) -> impl Iterator<Item = &BatchItem<T, E>> {
        self.items_that(BatchStatus::Failed)
    }

    /// The items that began and had not ended when the batch did, in the order of the items.
    pub fn started(&self) -> impl Iterator<Item = &BatchItem<T, E>> {
        self.items_that(BatchStatus::Started)
    }

    fn items_that(&self, status: BatchStatus) -> impl Iterator<Item = &BatchItem<T, E>> {
        self.items.iter().filter(move |item| item.status() == status)
    }

    /// The results of the items that succeeded, in the order of the items.
    pub fn results(&self) -> impl Iterator<Item = &T> {
        self.items.iter().filter_map(|item| item.outcome.as_ref()?.as_ref().ok())
    }

    /// The errors of the items that failed, in the order of the items.
    pub fn errors(&self) -> impl Iterator<Item = &BatchError<E>> {
        self.items.iter().filter_map(|item| item.outcome.as_ref()?.as_ref().err())
    }

    /// How many items succeeded.
    pub fn success_count(&self) -> usize {
        self.results().count()
    }

    /// How many items failed.
    pub fn failure_count(&self) -> usize {
        self.errors().count()
    }

    /// How many items began and had not ended when the batch did.
    pub fn started_count(&self) -> usize {
        self.started().count()
    }

    /// How many items began.
    pub fn total_count(&self) -> usize {
        self.items.len()
    }

    /// Whether an item failed.
    pub fn has_failure(&self) -> bool {
        self.errors().next().is_some()
    }

    /// The results of the items that succeeded, or the first error in the order of the items. To look at that error and keep
    /// the rest, ask for the first of [`errors`](Self::errors).
    pub fn into_results(self) -> Result<Vec<T>, BatchError<E>> {
        self.items.into_iter().filter_map(|item| item.outcome).collect()
    }
}

/// A batch as it is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordedBatch {
    pub(super) all: Vec<RecordedItem>,
    #[serde(rename = "completionReason")]
    pub(super) reason: CompletionReason,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RecordedItem {
    pub(super) index: usize,
    #[serde(flatten)]
    pub(super) status: RecordedStatus,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RecordedStatus {
    Succeeded { result: Option<String> },
    Failed { error: ErrorObject },
    Started,
}

impl RecordedStatus {
    pub(super) fn of(outcome: Option<Recorded>) -> Self {
        match outcome {
            Some(Recorded::Succeeded(result)) => Self::Succeeded { result },
            Some(Recorded::Failed(error)) => Self::Failed { error },
            None => Self::Started,
        }
    }
}

/// What the code of an item returns.
pub trait BatchOutput {
    /// What an item that succeeded gives.
    type Value;
    /// What an item that failed gives.
    type Error;
    /// What the batch gives that has to succeed as a whole.
    type Collected;

    #[doc(hidden)]
    fn record(self) -> Result<Recorded, CodecError>;

    #[doc(hidden)]
    fn decode(recorded: Recorded) -> Result<Result<Self::Value, Self::Error>, CodecError>;

    #[doc(hidden)]
    fn collect(all: Result<Vec<Self::Value>, Self::Error>) -> Self::Collected;
}

impl<T> BatchOutput for Sealed<T, Plain>
where
    Plain: Codec<T>,
{
    type Value = T;
    type Error = NoError;
    type Collected = Vec<T>;

    fn record(self) -> Result<Recorded, CodecError> {
        Plain.encode(&self.into_inner())
    }

    fn decode(recorded: Recorded) -> Result<Result<T, NoError>, CodecError> {
        Plain.decode(recorded).map(Ok)
    }

    fn collect(all: Result<Vec<T>, NoError>) -> Vec<T> {
        match all {
            Ok(all) => all,
            Err(never) => match never {},
        }
    }
}

macro_rules! fallible_output {
    ($codec:ident) => {
        impl<T, E> BatchOutput for Sealed<Result<T, E>, $codec>
        where
            $codec: Codec<Result<T, E>>,
        {
            type Value = T;
            type Error = E;
            type Collected = Result<Vec<T>, E>;

            fn record(self) -> Result<Recorded, CodecError> {
                $codec.encode(&self.into_inner())
            }

            fn decode(recorded: Recorded) -> Result<Result<T, E>, CodecError> {
                $codec.decode(recorded)
            }

            fn collect(all: Result<Vec<T>, E>) -> Result<Vec<T>, E> {
                all
            }
        }
    };
}

fallible_output!(Typed);
fallible_output!(TypedDisplay);
fallible_output!(Opaque);
