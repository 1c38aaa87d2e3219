//! Several operations of which one decides.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::{Halt, Performed};
use crate::model::{Kind, Start, State};
use crate::value::{from_json, to_json};

/// Performs operations at the same time and returns the output of the one that ends first; the others are given up.
///
/// Takes a tuple of two to eight operations, or a list of at least one, that all have the same output.
///
/// **Recorded:** a child context with the operations, and which of them was first.
/// **Replay:** the recorded winner, whatever ends first then.
/// **Errors:** an empty list fails the execution with a `ValidationError`, and nothing is recorded: there is no output to
/// give. A list that may be empty is looked at before.
///
/// ```
/// use durable::prelude::*;
/// use durable::race;
///
/// #[durable]
/// async fn first() -> String {
///     let winner = race((
///         async {
///             sleep(hours(1)).await;
///             1
///         },
///         async { 2 },
///     ))
///     .named("quickest")
///     .await;
///     if winner == 2 { "the quick one".to_owned() } else { "the slow one".to_owned() }
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(first).start().await?;
/// # assert_eq!(engine.start(first()).await?.output().await?, "the quick one");
/// # Ok(())
/// # }
/// ```
pub fn race<T: Contenders>(operations: T) -> Race<T> {
    Race { contenders: operations, name: None }
}

/// Performs operations at the same time and returns the value of the first that succeeds, or the last error if none
/// does; the others are given up.
///
/// **Recorded:** a child context with the operations, and which of them succeeded first.
/// **Replay:** the recorded winner.
/// **Errors:** if none succeeds, the error of the last operation in the tuple or list; an empty list fails the execution
/// with a `ValidationError`, and nothing is recorded.
///
/// ```
/// use durable::prelude::*;
/// use durable::select_ok;
///
/// #[durable]
/// async fn any_supplier() -> Result<u32, String> {
///     select_ok((async { Err("sold out".to_owned()) }, async { Ok(7) })).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(any_supplier).start().await?;
/// # assert_eq!(engine.start(any_supplier()).await?.output().await?, Ok(7));
/// # Ok(())
/// # }
/// ```
pub fn select_ok<T, V, E>(operations: T) -> SelectOk<T>
where
    T: Contenders<Output = Result<V, E>>,
{
    SelectOk { contenders: operations, name: None }
}

/// Performs the operations of a tuple, or of a list, at the same time and returns all their values, or the first error; what has not
/// ended then is given up.
///
/// **Recorded:** a child context with the operations, and which of them failed first.
/// **Replay:** the recorded values, or the recorded first error.
/// **Errors:** the first error of an operation; an empty list gives an empty list.
///
/// ```
/// use durable::prelude::*;
/// use durable::try_join;
///
/// #[durable]
/// async fn both() -> Result<(u32, u32), String> {
///     try_join((async { Ok::<u32, String>(1) }, async { Ok::<u32, String>(2) })).await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(both).start().await?;
/// # assert_eq!(engine.start(both()).await?.output().await?, Ok((1, 2)));
/// # Ok(())
/// # }
/// ```
pub fn try_join<T: TryJoined>(operations: T) -> TryJoin<T> {
    TryJoin { operations, name: None }
}

macro_rules! combinator {
    ($(#[$doc:meta])* $name:ident $field:ident) => {
        $(#[$doc])*
        #[must_use = "nothing runs until this is awaited in a `#[durable]` function"]
        pub struct $name<T> {
            $field: T,
            name: GivenName,
        }

        impl<T> $name<T> {
            /// Gives the operation a name in history.
            pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
                Self { name: given(name), ..self }
            }
        }
    };
}

combinator! {
    /// See [`race`].
    Race contenders
}
combinator! {
    /// See [`select_ok`].
    SelectOk contenders
}
combinator! {
    /// See [`try_join`].
    TryJoin operations
}

/// A contender's code: whether its end decides.
type Contender<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;

/// Polls all contenders until one decides; returns which. `None` means that all ended and none decided. `may_go_on` is told
/// when one decides while others have yet to begin, and asked when all have begun; if not, this never returns.
async fn decide(
    mut contenders: Vec<Option<Contender<'_>>>,
    recorded: Option<Option<usize>>,
    decided: impl Fn(),
    may_go_on: impl Fn() -> bool,
) -> Option<usize> {
    let mut begun = false;
    poll_fn(|cx| {
        let (mut open, mut winner) = (false, None);
        for (position, slot) in contenders.iter_mut().enumerate() {
            let Some(contender) = slot else { continue };
            match contender.as_mut().poll(cx) {
                Poll::Pending => open = true,
                Poll::Ready(decides) => {
                    *slot = None;
                    // On a replay only the recorded winner wins.
                    if decides && winner.is_none() && recorded.is_none_or(|winner| winner == Some(position)) {
                        winner = Some(position);
                        if begun {
                            break;
                        }
                        // The rest begins all the same, to show that it is what was recorded.
                        decided();
                    }
                }
            }
        }
        if !begun && !may_go_on() {
            return Poll::Pending;
        }
        begun = true;
        match winner {
            Some(winner) => Poll::Ready(Some(winner)),
            None if open => Poll::Pending,
            None => Poll::Ready(None),
        }
    })
    .await
}

/// The context around contenders.
struct Decision {
    context: Performed,
    inside: Ctx,
    /// Which contender decided, if that is on record.
    recorded: Option<Option<usize>>,
    place: Place,
}

impl Decision {
    async fn begin(ctx: &Ctx, name: GivenName, place: Place) -> Self {
        let context = ctx.perform(Kind::RunInChildContext, place.name(name), place).await.without_serdes();
        let (inside, recorded) = match context.state() {
            Some(State::Succeeded(payload)) => match from_json(payload.as_deref()) {
                Ok(winner) => {
                    let inside = ctx.inside_finished(context.id());
                    inside.decided();
                    (inside, Some(winner))
                }
                Err(source) => return ctx.halt(Halt::Unreadable { what: context.to_string(), source }).await,
            },
            state => {
                if state.is_none() {
                    context.start(Start::Plain);
                }
                (ctx.inside(context.id()), None)
            }
        };
        Self { context, inside, recorded, place }
    }

    /// Runs contenders until one decides, and records which.
    async fn run(&self, contenders: Vec<Contender<'_>>) -> Option<usize> {
        let contenders = contenders.into_iter().map(Some).collect();
        // Each contender has performed its operation when all have begun, so one more on record is a contender that is gone.
        let decision =
            decide(contenders, self.recorded, || self.inside.decided(), || self.inside.expect_no_more(self.place));
        if self.recorded.is_some() {
            return self.inside.run().rerun(decision).await;
        }
        let winner = decision.await;
        self.context.end_replayed(to_json(&winner).unwrap_or_default()).await;
        winner
    }
}

/// Operations with the same output: a tuple of two to eight, or a list.
#[diagnostic::on_unimplemented(
    message = "a race takes a tuple of two to eight operations, or a list, that all have the same output",
    label = "each element must be a durable operation that is not awaited yet"
)]
pub trait Contenders {
    #[doc(hidden)]
    type Output;

    /// Whether there are none.
    #[doc(hidden)]
    fn is_empty(&self) -> bool {
        false
    }

    /// The operations, each with where its output goes.
    #[doc(hidden)]
    fn perform_all<'a>(
        self,
        ctx: &'a Ctx,
        place: Place,
        done: &'a dyn Fn(usize, Self::Output) -> bool,
    ) -> Vec<Pin<Box<dyn Future<Output = bool> + 'a>>>
    where
        Self: 'a;
}

fn contender<'a, O: Operation + 'a>(
    operation: O,
    ctx: &'a Ctx,
    place: Place,
    position: usize,
    done: &'a dyn Fn(usize, O::Output) -> bool,
) -> Contender<'a> {
    let element = u32::try_from(position).unwrap_or(u32::MAX);
    Box::pin(async move { done(position, operation.perform_at(ctx, place.element(element)).await) })
}

impl<O: Operation> Contenders for Vec<O> {
    type Output = O::Output;

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn perform_all<'a>(
        self,
        ctx: &'a Ctx,
        place: Place,
        done: &'a dyn Fn(usize, O::Output) -> bool,
    ) -> Vec<Contender<'a>>
    where
        Self: 'a,
    {
        let numbered = self.into_iter().enumerate();
        numbered.map(|(position, operation)| contender(operation, ctx, place, position, done)).collect()
    }
}

macro_rules! contenders {
    ($($type:ident $operation:ident $position:literal),+) => {
        #[diagnostic::do_not_recommend]
        impl<T, $($type: Operation<Output = T>),+> Contenders for ($($type,)+) {
            type Output = T;

            fn perform_all<'a>(
                self,
                ctx: &'a Ctx,
                place: Place,
                done: &'a dyn Fn(usize, T) -> bool,
            ) -> Vec<Contender<'a>>
            where
                Self: 'a,
            {
                let ($($operation,)+) = self;
                vec![$(contender($operation, ctx, place, $position, done)),+]
            }
        }
    };
}

contenders!(A a 0, B b 1);
contenders!(A a 0, B b 1, C c 2);
contenders!(A a 0, B b 1, C c 2, D d 3);
contenders!(A a 0, B b 1, C c 2, D d 3, E e 4);
contenders!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
contenders!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
contenders!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);

/// Fails the execution because of a list without operations, before anything is recorded.
async fn nobody<T>(ctx: &Ctx, combinator: &str, name: GivenName, place: Place) -> T {
    let name = ctx.valid(place.name(name)).await;
    let message = format!(
        "`{name}` at {place}: the list of this `{combinator}` is empty, so nothing can decide it\n\
         help: look before: `if list.is_empty() {{ return … }}`\n\
         note: its output is that of one of its operations, and there is none to take it from"
    );
    ctx.halt(Halt::misuse(message)).await
}

#[diagnostic::do_not_recommend]
impl<T: Contenders> Operation for Race<T> {
    type Output = T::Output;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> T::Output {
        let Self { contenders, name } = self;
        if contenders.is_empty() {
            return nobody(ctx, "race", name, place).await;
        }
        let decision = Decision::begin(ctx, name, place).await;
        let outputs = RefCell::new(Vec::new());
        let keep = |position, output| {
            outputs.borrow_mut().push((position, output));
            true
        };
        let winner = decision.run(contenders.perform_all(&decision.inside, place, &keep)).await;
        match outputs.into_inner().into_iter().find(|(position, _)| Some(*position) == winner) {
            Some((_, output)) => output,
            // Somebody has won.
            None => std::future::pending().await,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T, V, E> Operation for SelectOk<T>
where
    T: Contenders<Output = Result<V, E>>,
{
    type Output = Result<V, E>;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Result<V, E> {
        let Self { contenders, name } = self;
        if contenders.is_empty() {
            return nobody(ctx, "select_ok", name, place).await;
        }
        let decision = Decision::begin(ctx, name, place).await;
        let outputs = RefCell::new(Vec::new());
        let keep = |position, output: Result<V, E>| {
            let decides = output.is_ok();
            outputs.borrow_mut().push((position, output));
            decides
        };
        let winner = decision.run(contenders.perform_all(&decision.inside, place, &keep)).await;
        let mut outputs = outputs.into_inner();
        // The last in their order, not the last to end: that may differ on a replay.
        outputs.sort_by_key(|(position, _)| *position);
        let chosen = outputs.into_iter().rev().find(|(position, _)| winner.is_none_or(|winner| winner == *position));
        match chosen {
            Some((_, output)) => output,
            // All have an output.
            None => std::future::pending().await,
        }
    }
}

/// A tuple of two to eight operations that return a `Result` with the same error, or a list.
#[diagnostic::on_unimplemented(
    message = "`try_join` takes a tuple of two to eight durable operations that return a `Result` with the same error",
    label = "each element must be a durable operation that is not awaited yet"
)]
pub trait TryJoined {
    #[doc(hidden)]
    type Values;
    #[doc(hidden)]
    type Error;

    #[doc(hidden)]
    fn perform_all(
        self,
        ctx: &Ctx,
        name: GivenNameOf,
        place: Place,
    ) -> impl Future<Output = Result<Self::Values, Self::Error>>;
}

/// The name that a combinator was given.
#[doc(hidden)]
pub struct GivenNameOf(GivenName);

#[diagnostic::do_not_recommend]
impl<T: TryJoined> Operation for TryJoin<T> {
    type Output = Result<T::Values, T::Error>;

    fn perform_at(self, ctx: &Ctx, place: Place) -> impl Future<Output = Self::Output> {
        self.operations.perform_all(ctx, GivenNameOf(self.name), place)
    }
}

/// Performs one operation; keeps its value, or its error, which decides.
fn attempt<'a, V: 'a, E: 'a, O: Operation<Output = Result<V, E>> + 'a>(
    operation: O,
    ctx: &'a Ctx,
    place: Place,
    position: usize,
    value: &'a Cell<Option<V>>,
    errors: &'a RefCell<Vec<(usize, E)>>,
) -> Contender<'a> {
    let element = u32::try_from(position).unwrap_or(u32::MAX);
    Box::pin(async move {
        match operation.perform_at(ctx, place.element(element)).await {
            Ok(output) => {
                value.set(Some(output));
                false
            }
            Err(error) => {
                errors.borrow_mut().push((position, error));
                true
            }
        }
    })
}

macro_rules! try_joined {
    ($($type:ident $output:ident $operation:ident $position:tt),+) => {
        #[diagnostic::do_not_recommend]
        impl<Error, $($output, $type: Operation<Output = Result<$output, Error>>),+> TryJoined for ($($type,)+) {
            type Values = ($($output,)+);
            type Error = Error;

            async fn perform_all(
                self,
                ctx: &Ctx,
                name: GivenNameOf,
                place: Place,
            ) -> Result<Self::Values, Error> {
                let decision = Decision::begin(ctx, name.0, place).await;
                let errors = RefCell::new(Vec::new());
                let values = ($(Cell::<Option<$output>>::new(None),)+);
                let winner = {
                    let ($($operation,)+) = self;
                    let contenders = vec![$(
                        attempt($operation, &decision.inside, place, $position, &values.$position, &errors)
                    ),+];
                    decision.run(contenders).await
                };
                if let Some((_, error)) =
                    errors.into_inner().into_iter().find(|(position, _)| Some(*position) == winner)
                {
                    return Err(error);
                }
                match ($(values.$position.take(),)+) {
                    ($(Some($operation),)+) => Ok(($($operation,)+)),
                    // Without an error all have ended with a value.
                    _ => std::future::pending().await,
                }
            }
        }
    };
}

impl<V, E, O: Operation<Output = Result<V, E>>> TryJoined for Vec<O> {
    type Values = Vec<V>;
    type Error = E;

    async fn perform_all(self, ctx: &Ctx, name: GivenNameOf, place: Place) -> Result<Vec<V>, E> {
        let decision = Decision::begin(ctx, name.0, place).await;
        let errors = RefCell::new(Vec::new());
        let values: Vec<_> = self.iter().map(|_| Cell::new(None)).collect();
        let numbered = self.into_iter().zip(&values).enumerate();
        let contenders = numbered.map(|(position, (operation, value))| {
            attempt(operation, &decision.inside, place, position, value, &errors)
        });
        let winner = decision.run(contenders.collect()).await;
        match errors.into_inner().into_iter().find(|(position, _)| Some(*position) == winner) {
            Some((_, error)) => Err(error),
            None => Ok(values.into_iter().filter_map(Cell::into_inner).collect()),
        }
    }
}

try_joined!(A VA a 0, B VB b 1);
try_joined!(A VA a 0, B VB b 1, C VC c 2);
try_joined!(A VA a 0, B VB b 1, C VC c 2, D VD d 3);
try_joined!(A VA a 0, B VB b 1, C VC c 2, D VD d 3, E VE e 4);
try_joined!(A VA a 0, B VB b 1, C VC c 2, D VD d 3, E VE e 4, F VF f 5);
try_joined!(A VA a 0, B VB b 1, C VC c 2, D VD d 3, E VE e 4, F VF f 5, G VG g 6);
try_joined!(A VA a 0, B VB b 1, C VC c 2, D VD d 3, E VE e 4, F VF f 5, G VG g 6, H VH h 7);
