//! Branches: groups of operations with a result of their own.

use std::borrow::Cow;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

use tracing::Span;

use super::{Ctx, GivenName, LocalBoxFuture, Operation, Place, given};
use crate::context::{Halt, Performed, Sealed as SealedText, record_of};
use crate::logging::in_context;
use crate::model::{Kind, Name, Start, State};
use crate::value::{Codec, GivenSerdes, Recorded, Serdes, Stateless};

/// A group of operations that runs in a child context: what an `async` block in a durable function becomes.
///
/// **Recorded:** the start, the operations inside, and the group's result or error.
/// **Replay:** a group that ended returns its recorded result without running. If the result has more than 256 KiB, the
/// group's code runs again instead, over the recorded operations inside.
/// **Errors:** an `Err` of the group is its output, recorded as itself or by its text.
///
/// ```
/// use durable::prelude::*;
///
/// async fn look_up(item: &str) -> Result<u32, String> {
///     if item == "tea" { Ok(3) } else { Err(format!("no {item}")) }
/// }
///
/// #[durable]
/// async fn price(item: String) -> u32 {
///     let found: Result<u32, String> = async {
///         #[step(retry(none))]
///         let price = look_up(&item).await?;
///         Ok(price)
///     }
///     .named("search")
///     .await;
///     found.unwrap_or(0)
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(price).start().await?;
/// # assert_eq!(engine.start(price("tea".to_owned())).await?.output().await?, 3);
/// # assert_eq!(engine.start(price("milk".to_owned())).await?.output().await?, 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "a branch does nothing until it is awaited in a `#[durable]` function"]
pub struct Branch<F> {
    body: F,
    name: GivenName,
    serdes: GivenSerdes,
}

#[doc(hidden)]
pub fn branch<F, S>(body: F) -> Branch<F>
where
    F: AsyncFn(Ctx) -> S,
    S: SealedOutput,
{
    Branch { body, name: None, serdes: None }
}

/// Runs a closure's operations as a group: `child(async || { … }).named("payment").await`.
///
/// The same as awaiting an `async` block.
///
/// **Recorded**, **replay** and **errors:** see [`Branch`].
///
/// ```
/// use durable::Encrypt;
/// use durable::prelude::*;
///
/// async fn price(item: &str) -> u32 {
///     item.len() as u32
/// }
///
/// #[durable]
/// async fn quote() -> u32 {
///     let total = child(async || {
///         #[step]
///         let tea = price("tea").await;
///         #[step(name = "price-of-milk")]
///         let milk = price("milk").await;
///         tea + milk
///     });
///     total.named("basket").serdes(Encrypt::new([7; 32])).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(quote).start().await?;
/// # assert_eq!(engine.start(quote()).await?.output().await?, 7);
/// # Ok(())
/// # }
/// ```
pub fn child<F, S>(body: F) -> Child<F>
where
    F: AsyncFn(Ctx) -> S,
    S: SealedOutput,
{
    branch(body)
}

/// See [`child`].
pub type Child<F> = Branch<F>;

impl<F> Branch<F> {
    pub(crate) fn into_parts(self) -> (F, GivenName, GivenSerdes) {
        (self.body, self.name, self.serdes)
    }

    /// What the result passes on its way to the record and back.
    pub fn serdes(self, serdes: impl Serdes) -> Self {
        Self { serdes: Some(Arc::new(serdes)), ..self }
    }

    /// Gives the branch a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }
}

impl<F> Branch<F> {
    /// Records the operations of the group without a context around them, among those of the code around it.
    ///
    /// **Recorded:** the operations inside, and nothing of the group. **Replay:** the group's code runs again over its
    /// operations, and its result is worked out anew. **Errors:** a group that has a [`serdes`](Branch::serdes) fails the
    /// execution with a `ValidationError`, before anything of it is recorded: there is no result on record for it to turn.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// async fn price(item: &str) -> u32 {
    ///     item.len() as u32
    /// }
    ///
    /// #[durable]
    /// async fn quote() -> u32 {
    ///     let tea = child(async || {
    ///         #[step]
    ///         let tea = price("tea").await;
    ///         tea * 2
    ///     });
    ///     tea.named("tea").flat().await
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(quote).start().await?;
    /// # assert_eq!(engine.start(quote()).await?.output().await?, 6);
    /// # Ok(())
    /// # }
    /// ```
    pub fn flat(self) -> Flat<F> {
        Flat { branch: self }
    }

    /// What history says in the place of a result that is too large to keep.
    ///
    /// **Recorded:** the text, if the result has more than 256 KiB. **Replay:** reads the operations inside and not the text.
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
    ///     let pages = child(async || {
    ///         let mut pages = Vec::new();
    ///         for number in 1..=3 {
    ///             #[step]
    ///             let page = page(number).await;
    ///             pages.push(page);
    ///         }
    ///         pages
    ///     });
    ///     let pages: Vec<String> = pages.summary(|pages: &Vec<String>| format!("{} pages", pages.len())).await;
    ///     pages.len()
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(book).start().await?;
    /// # assert_eq!(engine.start(book()).await?.output().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn summary<T, G: Fn(&T) -> String>(self, summary: G) -> Summarised<F, T, G> {
        Summarised { branch: self, summary, result: PhantomData }
    }
}

/// See [`Branch::flat`].
#[must_use = "a branch does nothing until it is awaited in a `#[durable]` function"]
pub struct Flat<F> {
    branch: Branch<F>,
}

#[diagnostic::do_not_recommend]
impl<F, S> Operation for Flat<F>
where
    F: AsyncFn(Ctx) -> S,
    S: SealedOutput,
{
    type Output = S::Value;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> S::Value {
        let Branch { body, name, serdes } = self.branch;
        let name = ctx.valid(place.name(name)).await;
        if serdes.is_some() {
            return ctx.halt(Halt::misuse(serdes_of_nothing("the group", &name, place))).await;
        }
        let inside = ctx.inside_virtual(&name, ctx.next_occurrence(&name));
        let output = in_context(&inside, Span::current(), body(inside.clone())).await;
        inside.close(place).await;
        output.into_value()
    }
}

/// What to say of a serdes that would turn nothing, because its owner has no context whose result it could be.
pub(crate) fn serdes_of_nothing(owner: &str, name: &Name, place: Place) -> String {
    format!(
        "{owner} `{name}` at {place} is flat and has a serdes, but no result on record that could pass it\n\
         help: give the serdes to the operations inside, or leave `.flat()` out\n\
         note: what should be encrypted would stand in the record as it is"
    )
}

/// See [`Branch::summary`].
#[must_use = "a branch does nothing until it is awaited in a `#[durable]` function"]
pub struct Summarised<F, T, G> {
    branch: Branch<F>,
    summary: G,
    result: PhantomData<fn(&T)>,
}

#[diagnostic::do_not_recommend]
impl<F, S, G> Operation for Summarised<F, S::Value, G>
where
    F: AsyncFn(Ctx) -> S,
    S: SealedOutput,
    G: Fn(&S::Value) -> String,
{
    type Output = S::Value;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> S::Value {
        let Branch { body, name, serdes } = self.branch;
        let context = ctx.perform(Kind::RunInChildContext, place.name(name), place).await.with_serdes(&serdes);
        let body = async |inside| body(inside).await.into_value();
        run_summarised(ctx, &context, S::Codec::INSTANCE, body, Some(&self.summary)).await
    }
}

#[diagnostic::do_not_recommend]
impl<F, S> Operation for Branch<F>
where
    F: AsyncFn(Ctx) -> S,
    S: SealedOutput,
{
    type Output = S::Value;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> S::Value {
        let context = ctx.perform(Kind::RunInChildContext, place.name(self.name), place).await;
        let context = context.with_serdes(&self.serdes);
        run_context(ctx, &context, S::Codec::INSTANCE, async |inside| (self.body)(inside).await.into_value()).await
    }
}

/// Runs the code of a context until its outcome is recorded, and gives that to the user's code.
pub(crate) async fn run_context<T>(
    ctx: &Ctx,
    context: &Performed,
    codec: &dyn Codec<T>,
    body: impl AsyncFn(Ctx) -> T,
) -> T {
    run_summarised(ctx, context, codec, body, None).await
}

/// The same with a text for the record of a result that is too large for it.
async fn run_summarised<T>(
    ctx: &Ctx,
    context: &Performed,
    codec: &dyn Codec<T>,
    body: impl AsyncFn(Ctx) -> T,
    summary: Option<&dyn Fn(&T) -> String>,
) -> T {
    let text = RefCell::new(None);
    let code = |inside: Ctx| -> LocalBoxFuture<'_, Recorded> {
        let (body, text) = (&body, &text);
        Box::pin(async move {
            let outcome = body(inside).await;
            *text.borrow_mut() = summary.map(|summary| summary(&outcome));
            record_of(codec.encode(&outcome), context)
        })
    };
    let recorded = record_summarised(ctx, context, &code, Some(&text)).await;
    ctx.decode(codec, recorded, context).await
}

/// The code of a context: what comes of it is recorded.
pub(crate) type Code<'a> = dyn Fn(Ctx) -> LocalBoxFuture<'a, Recorded> + 'a;

/// Runs the code of a context until its outcome is recorded. Boxed and behind a pointer, so that it is compiled here and
/// not for each context.
pub(crate) fn record_context<'a>(
    ctx: &'a Ctx,
    context: &'a Performed,
    code: &'a Code<'a>,
) -> LocalBoxFuture<'a, Recorded> {
    record_summarised(ctx, context, code, None)
}

fn record_summarised<'a>(
    ctx: &'a Ctx,
    context: &'a Performed,
    code: &'a Code<'a>,
    summary: Option<&'a RefCell<Option<String>>>,
) -> LocalBoxFuture<'a, Recorded> {
    Box::pin(async move {
        loop {
            match context.state() {
                Some(State::Succeeded(_)) if context.replays_children() => {
                    let inside = ctx.inside_finished(context.id());
                    return match ctx.run().rerun(run_to_its_end(context, inside, code)).await {
                        Recorded::Succeeded(payload) => match context.round_trip(payload).await {
                            Ok(payload) => Recorded::Succeeded(payload),
                            Err(error) => Recorded::Failed(error),
                        },
                        failed => failed,
                    };
                }
                Some(State::Succeeded(payload)) => return Recorded::Succeeded(context.open(payload).await),
                Some(State::Failed(error) | State::TimedOut(error)) => return Recorded::Failed(error),
                Some(_) => {}
                None => {
                    context.start(Start::Plain);
                }
            }
            let sealed = match run_to_its_end(context, ctx.inside(context.id()), code).await {
                Recorded::Succeeded(payload) => context.seal_context(payload).await,
                Recorded::Failed(error) => Err(context.fit(error)),
            };
            match sealed {
                Ok(SealedText::TooLarge(sealed)) => {
                    context.end_replayed(summary.and_then(RefCell::take)).await;
                    return Recorded::Succeeded(context.open(Some(sealed)).await);
                }
                Ok(SealedText::Fits(payload)) => context.end_sealed(Ok(payload)).await,
                Err(error) => context.end_sealed(Err(error)).await,
            }
        }
    })
}

/// Runs the code of a context, and checks that it has performed everything that is recorded there.
async fn run_to_its_end(context: &Performed, inside: Ctx, code: &Code<'_>) -> Recorded {
    let outcome = context.run_code(inside.clone(), code).await;
    inside.close(context.place()).await;
    outcome
}

/// The result of a branch, with the codec that generated code picked for its type.
pub struct Sealed<T, C> {
    value: T,
    codec: PhantomData<C>,
}

impl<T, C: Codec<T> + Stateless> Sealed<T, C> {
    #[doc(hidden)]
    pub fn new(value: T, _: C) -> Self {
        Self { value, codec: PhantomData }
    }

    pub(crate) fn into_inner(self) -> T {
        self.value
    }
}

/// What the code of a branch returns.
#[diagnostic::on_unimplemented(
    message = "this closure was not written in a `#[durable]` function",
    note = "write it where it is used, so that the operations in it are recorded"
)]
pub trait SealedOutput {
    #[doc(hidden)]
    type Value;
    #[doc(hidden)]
    type Codec: Codec<Self::Value> + Stateless;

    #[doc(hidden)]
    fn into_value(self) -> Self::Value;
}

impl<T, C: Codec<T> + Stateless> SealedOutput for Sealed<T, C> {
    type Value = T;
    type Codec = C;

    fn into_value(self) -> T {
        self.value
    }
}
