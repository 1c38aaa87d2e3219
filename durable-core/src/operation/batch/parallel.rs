//! Several pieces of code at once.

use std::borrow::Cow;
use std::marker::PhantomData;

use super::items::{Item, Kinds, Summarise, perform};
use super::map::record;
use super::output::{Collected, Settled, collected, settled};
use super::result::{BatchOutput, BatchResult, RecordedBatch};
use super::summarised::Summarised;
use super::{Options, batch_options, settled_options};
use crate::model::{Kind, Name};
use crate::operation::{Branch, Ctx, Operation, Place, given};

/// Runs branches at the same time: `parallel((async { … }, async { … }))`. All return the same type; for different
/// ones use [`join`](crate::operation::join()).
///
/// The output is all results in the order of the branches; if they return a `Result`, it is a `Result` too, with the
/// first error in the order of the branches, and after a failure no more branches begin. With
/// [`settled`](Parallel::settled) the output is a [`BatchResult`] and branches may fail.
///
/// **Recorded:** a context for all and one for each branch, with the operations in it and its result or error. The result
/// for all holds those of the branches once more, so it has a [`serdes`](Parallel::serdes) beside the
/// [`item_serdes`](Parallel::item_serdes).
/// **Replay:** branches that ended return their recorded results, in whatever order they ended.
/// **Errors:** criteria that no batch can meet fail the execution with a `ValidationError` that says what to write, and nothing
/// of the batch is recorded: `max_concurrency(0)`, `min_successful` of 0 or of more than there are branches, a
/// `tolerated_failure_percentage` of more than 100.
///
/// ```
/// use durable::parallel;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn checks() -> Vec<u32> {
///     parallel((async { 1 }, async { 2 })).max_concurrency(1).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(checks).start().await?;
/// # assert_eq!(engine.start(checks()).await?.output().await?, [1, 2]);
/// # Ok(())
/// # }
/// ```
pub fn parallel<B: Branches>(branches: B) -> Parallel<B> {
    Parallel { branches, options: Options::default(), mode: PhantomData }
}

/// See [`parallel`].
#[must_use = "nothing runs until this is awaited in a `#[durable]` function"]
pub struct Parallel<B, M = Collected> {
    branches: B,
    options: Options,
    mode: PhantomData<M>,
}

impl<B: Branches, M> Parallel<B, M> {
    batch_options!();

    pub(super) async fn perform(self, ctx: &Ctx, place: Place, summary: Option<&Summarise<'_>>) -> RecordedBatch {
        let Self { branches, options, mode: _ } = self;
        let kinds = Kinds { batch: Kind::Parallel, item: Kind::ParallelBranch };
        perform(ctx, kinds, &options, branches.items().0, place, summary).await
    }
}

impl<B: Branches> Parallel<B> {
    /// Lets branches fail: the output is a [`BatchResult`] that says what came of each. Only here it can be said when it is
    /// enough: by default after the first failure.
    ///
    /// ```
    /// use durable::Encrypt;
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn offers() -> usize {
    ///     let asked = || {
    ///         parallel((
    ///             async { Ok::<u32, String>(1) },
    ///             async { Err::<u32, String>("sold out".to_owned()) },
    ///             async { Ok::<u32, String>(3) },
    ///         ))
    ///     };
    ///     let one = asked().settled().first_successful().named("one").await;
    ///     let two = asked().settled().min_successful(2).tolerated_failures(1).named("two").await;
    ///     let half = asked().settled().tolerated_failure_percentage(50).flat().named("half").await;
    ///     let all = asked().settled().all_completed().serdes(Encrypt::new([7; 32])).named("all").await;
    ///     // The batch holds what its items gave, so both are encrypted.
    ///     let key = || Encrypt::new([7; 32]);
    ///     let none_may_fail = asked().settled().all_successful().item_serdes(key()).serdes(key()).named("none").await;
    ///     assert!(none_may_fail.has_failure() && one.success_count() > 0 && two.success_count() == 2);
    ///     half.success_count() + all.success_count()
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(offers).start().await?;
    /// # assert_eq!(engine.start(offers()).await?.output().await?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settled(self) -> Parallel<B, Settled> {
        Parallel { branches: self.branches, options: self.options, mode: PhantomData }
    }
}

impl<B: Branches> Parallel<B, Settled> {
    settled_options!();

    /// What history says beside the numbers of a batch that is too large to keep: the last of the settings.
    ///
    /// **Recorded** and **replay:** as for a [`Map`](super::Map::summary).
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[durable]
    /// async fn chapters() -> usize {
    ///     let chapters = parallel((async { "a".repeat(200_000) }, async { "b".repeat(200_000) })).settled();
    ///     let chapters = chapters.summary(|chapters| format!("{} chapters", chapters.success_count())).await;
    ///     chapters.success_count()
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(chapters).start().await?;
    /// # assert_eq!(engine.start(chapters()).await?.output().await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn summary<G>(self, summary: G) -> Summarised<Self, G>
    where
        G: Fn(&BatchResult<<B::Each as BatchOutput>::Value, <B::Each as BatchOutput>::Error>) -> String,
    {
        Summarised { batch: self, summary }
    }
}

#[diagnostic::do_not_recommend]
impl<B: Branches> Operation for Parallel<B> {
    type Output = <B::Each as BatchOutput>::Collected;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let batch = Parallel::perform(self, ctx, place, None).await;
        collected::<B::Each>(ctx, batch, place).await
    }
}

#[diagnostic::do_not_recommend]
impl<B: Branches> Operation for Parallel<B, Settled> {
    type Output = BatchResult<<B::Each as BatchOutput>::Value, <B::Each as BatchOutput>::Error>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let batch = Parallel::perform(self, ctx, place, None).await;
        settled::<B::Each>(ctx, batch, place).await
    }
}

/// Branches that return the same type: a tuple of up to eight, or a list.
#[diagnostic::on_unimplemented(
    message = "`parallel` takes a tuple of up to eight `async` blocks, or a list of branches, that all return the same type",
    note = "for results of different types use `join`"
)]
pub trait Branches {
    #[doc(hidden)]
    type Each: BatchOutput;

    #[doc(hidden)]
    fn items<'a>(self) -> Items<'a>
    where
        Self: 'a;
}

/// The code of the branches.
#[doc(hidden)]
pub struct Items<'a>(pub(super) Vec<Item<'a>>);

fn item<'a, F, S>(branch: Branch<F>, index: usize) -> Item<'a>
where
    F: AsyncFn(Ctx) -> S + 'a,
    S: BatchOutput,
{
    let (body, name, serdes) = branch.into_parts();
    Item {
        name: name.unwrap_or_else(|| Name::new(format!("parallel-branch-{index}"))),
        serdes,
        run: Box::new(move |inside| Box::pin(async move { record(body(inside).await, index) })),
    }
}

impl<F, S> Branches for Vec<Branch<F>>
where
    F: AsyncFn(Ctx) -> S,
    S: BatchOutput,
{
    type Each = S;

    fn items<'a>(self) -> Items<'a>
    where
        Self: 'a,
    {
        Items(self.into_iter().enumerate().map(|(index, branch)| item(branch, index)).collect())
    }
}

macro_rules! branches {
    ($($type:ident $branch:ident $index:literal),+) => {
        impl<S: BatchOutput, $($type: AsyncFn(Ctx) -> S),+> Branches for ($(Branch<$type>,)+) {
            type Each = S;

            fn items<'a>(self) -> Items<'a>
            where
                Self: 'a,
            {
                let ($($branch,)+) = self;
                Items(vec![$(item($branch, $index)),+])
            }
        }
    };
}

branches!(A a 0);
branches!(A a 0, B b 1);
branches!(A a 0, B b 1, C c 2);
branches!(A a 0, B b 1, C c 2, D d 3);
branches!(A a 0, B b 1, C c 2, D d 3, E e 4);
branches!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
branches!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
branches!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
