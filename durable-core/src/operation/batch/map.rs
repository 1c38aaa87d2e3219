//! The same code for each of a list of items.

use std::borrow::Cow;
use std::marker::PhantomData;

use super::items::{Item, Kinds, Summarise, perform};
use super::output::{Collected, Settled, collected, settled};
use super::result::{BatchOutput, BatchResult};
use super::summarised::Summarised;
use super::{Options, batch_options, settled_options};
use crate::context::record_of;
use crate::model::{Kind, Name};
use crate::operation::{Ctx, Operation, Place, given};
use crate::value::Recorded;

/// Runs `body` for each item, at the same time: `map(&order.parcels, async |parcel| print_label(parcel).await)`.
///
/// The output is all results in the order of the items; if `body` returns a `Result`, it is a `Result` too, with the
/// first error in the order of the items, and after a failure no more items begin. With [`settled`](Map::settled) the
/// output is a [`BatchResult`] and items may fail.
///
/// **Recorded:** a context for the map and one for each item, with the operations in it and its result or error. The map's
/// own result holds those of all items once more, so it has a [`serdes`](Map::serdes) beside the
/// [`item_serdes`](Map::item_serdes).
/// **Replay:** items that ended return their recorded results, in whatever order they ended.
/// **Errors:** criteria that no batch can meet fail the execution with a `ValidationError` that says what to write, and nothing
/// of the batch is recorded: `max_concurrency(0)`, `min_successful` of 0 or of more than there are items, a
/// `tolerated_failure_percentage` of more than 100.
///
/// ```
/// use durable::map;
/// use durable::prelude::*;
///
/// async fn label(parcel: u32) -> String {
///     format!("parcel {parcel}")
/// }
///
/// #[durable]
/// async fn labels(parcels: Vec<u32>) -> Vec<String> {
///     let labels = map(parcels, async |parcel: u32| {
///         #[step]
///         let text = label(parcel).await;
///         text
///     });
///     labels.max_concurrency(4).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(labels).start().await?;
/// # assert_eq!(engine.start(labels(vec![1, 2])).await?.output().await?, ["parcel 1", "parcel 2"]);
/// # Ok(())
/// # }
/// ```
pub fn map<I, F, S>(items: I, body: F) -> Map<I, F>
where
    I: IntoIterator,
    F: AsyncFn(Ctx, I::Item) -> S,
    S: BatchOutput,
{
    Map { items, body, options: Options::default(), namer: Numbered, mode: PhantomData }
}

/// See [`map()`].
#[must_use = "nothing runs until this is awaited in a `#[durable]` function"]
pub struct Map<I, F, M = Collected, N = Numbered> {
    items: I,
    body: F,
    options: Options,
    namer: N,
    mode: PhantomData<M>,
}

impl<I, F, M, N> Map<I, F, M, N> {
    batch_options!();
}

impl<I: IntoIterator, F, M, N> Map<I, F, M, N> {
    /// Names the items in history by what they are and by their position; they are called `map-item-0`, `map-item-1`, …
    /// if not said. A name is a part of what a replay looks for, so it must be the same every time.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn labels(parcels: Vec<u32>) -> Vec<String> {
    ///     let prefix = "parcel";
    ///     let labels = map(parcels, async |parcel: u32| format!("no. {parcel}"));
    ///     labels.item_names(|parcel, _| format!("{prefix}-{parcel}")).await
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(labels).start().await?;
    /// # assert_eq!(engine.start(labels(vec![7])).await?.output().await?, ["no. 7"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "nothing runs until this is awaited"]
    pub fn item_names<G, R>(self, name: G) -> Map<I, F, M, NamedBy<G>>
    where
        G: Fn(&I::Item, usize) -> R,
        R: Into<Option<String>>,
    {
        let Self { items, body, options, namer: _, mode } = self;
        Map { items, body, options, namer: NamedBy(name), mode }
    }
}

/// How the items of a map are named.
pub trait ItemNames<T> {
    #[doc(hidden)]
    fn name(&self, item: &T, index: usize) -> Option<String>;
}

/// By their position alone.
#[derive(Debug, Clone, Copy)]
pub struct Numbered;

impl<T> ItemNames<T> for Numbered {
    fn name(&self, _: &T, _: usize) -> Option<String> {
        None
    }
}

/// By a function; see [`Map::item_names`].
pub struct NamedBy<G>(G);

impl<T, G: Fn(&T, usize) -> R, R: Into<Option<String>>> ItemNames<T> for NamedBy<G> {
    fn name(&self, item: &T, index: usize) -> Option<String> {
        (self.0)(item, index).into()
    }
}

impl<I: IntoIterator, F, M, N: ItemNames<I::Item>> Map<I, F, M, N> {
    pub(super) async fn perform<S>(
        self,
        ctx: &Ctx,
        place: Place,
        summary: Option<&Summarise<'_>>,
    ) -> super::result::RecordedBatch
    where
        F: AsyncFn(Ctx, I::Item) -> S,
        S: BatchOutput,
    {
        let Self { items, body, options, namer, mode: _ } = self;
        let body = &body;
        let items = items.into_iter().enumerate().map(|(index, item)| Item {
            name: Name::new(namer.name(&item, index).unwrap_or_else(|| format!("map-item-{index}"))),
            serdes: None,
            run: Box::new(move |inside| Box::pin(async move { record(body(inside, item).await, index) })),
        });
        let kinds = Kinds { batch: Kind::Map, item: Kind::MapIteration };
        perform(ctx, kinds, &options, items.collect(), place, summary).await
    }
}

/// What to record of an item; a result that does not serialise is a failure that says so.
pub(super) fn record<S: BatchOutput>(output: S, index: usize) -> Recorded {
    record_of(output.record(), &format_args!("item {index}"))
}

impl<I, F, N> Map<I, F, Collected, N> {
    /// Lets items fail: the output is a [`BatchResult`] that says what came of each.
    ///
    /// ```
    /// use durable::map;
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn most(numbers: Vec<u32>) -> usize {
    ///     let checked = map(numbers, async |n: u32| if n > 2 { Err("too large".to_owned()) } else { Ok(n) });
    ///     let checked = checked.settled().tolerated_failures(1).await;
    ///     checked.success_count()
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(most).start().await?;
    /// # assert_eq!(engine.start(most(vec![1, 2, 3])).await?.output().await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settled(self) -> Map<I, F, Settled, N> {
        let Self { items, body, options, namer, mode: _ } = self;
        Map { items, body, options, namer, mode: PhantomData }
    }
}

impl<I, F, N> Map<I, F, Settled, N> {
    settled_options!();

    /// What history says beside the numbers of a batch that is too large to keep: the last of the settings.
    ///
    /// **Recorded:** the text, if all results together have more than 256 KiB. **Replay:** reads the records of the items and
    /// not the text.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// async fn page(number: u32) -> String {
    ///     number.to_string().repeat(100_000)
    /// }
    ///
    /// #[durable]
    /// async fn book() -> usize {
    ///     let pages = map(1..=3, async |number: u32| {
    ///         #[step]
    ///         let page = page(number).await;
    ///         page
    ///     });
    ///     let pages = pages.settled().all_completed().summary(|pages| format!("{} pages", pages.success_count())).await;
    ///     pages.success_count()
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(book).start().await?;
    /// # assert_eq!(engine.start(book()).await?.output().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn summary<S, G>(self, summary: G) -> Summarised<Self, G>
    where
        I: IntoIterator,
        F: AsyncFn(Ctx, I::Item) -> S,
        S: BatchOutput,
        G: Fn(&BatchResult<S::Value, S::Error>) -> String,
    {
        Summarised { batch: self, summary }
    }
}

#[diagnostic::do_not_recommend]
impl<I, F, S, N> Operation for Map<I, F, Collected, N>
where
    I: IntoIterator,
    N: ItemNames<I::Item>,
    F: AsyncFn(Ctx, I::Item) -> S,
    S: BatchOutput,
{
    type Output = S::Collected;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> S::Collected {
        let batch = Map::perform(self, ctx, place, None).await;
        collected::<S>(ctx, batch, place).await
    }
}

#[diagnostic::do_not_recommend]
impl<I, F, S, N> Operation for Map<I, F, Settled, N>
where
    I: IntoIterator,
    N: ItemNames<I::Item>,
    F: AsyncFn(Ctx, I::Item) -> S,
    S: BatchOutput,
{
    type Output = BatchResult<S::Value, S::Error>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let batch = Map::perform(self, ctx, place, None).await;
        settled::<S>(ctx, batch, place).await
    }
}
