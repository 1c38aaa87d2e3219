//! What user code awaits: inert values that a durable function performs.
//!
//! An operation does nothing by itself. Awaiting it inside a `#[durable]` function performs it: what is recorded
//! answers at once, and what is not is done and recorded.

mod attempts;
pub mod batch;
mod blocking;
mod branch;
mod call;
mod callback;
mod condition;
mod invoke;
mod join;
mod keyed;
mod line;
mod ordered;
mod performing;
mod place;
mod race;
mod sleep;
mod step;
mod values;
mod wait_for_callback;
mod with_retry;

use std::borrow::Cow;
use std::fmt;

pub use attempts::attempt;
pub(crate) use attempts::panic_text;
pub use batch::{
    BatchError, BatchItem, BatchResult, BatchStatus, CompletionReason, Map, NoError, Parallel, map, parallel,
};
pub use blocking::blocking;
pub(crate) use branch::Code;
pub use branch::{Branch, Child, Flat, Sealed, SealedOutput, Summarised, branch, child};
pub(crate) use call::RunFunction;
pub use call::{Awaited, Call, Defaults, Defined, Definition, Function, LocalBoxFuture};
pub use callback::{AwaitCallback, Callback, CallbackError, CreateCallback, create_callback};
pub use condition::{By, Checked, Checks, ConditionError, WaitForCondition, wait_for_condition};
pub use invoke::{Invoke, InvokeByName, InvokeError, invoke};
pub use join::{Join, Joined, join};
pub use keyed::Keyed;
pub use line::{Line, PerformLine, line};
pub use ordered::{Items, Ordered, PickOrdered, PickUnordered};
pub use performing::Performing;
pub use place::Place;
pub use race::{Contenders, Race, SelectOk, TryJoin, TryJoined, race, select_ok, try_join};
pub use sleep::{Sleep, sleep, wait_until};
pub(crate) use step::unrecordable;
pub use step::{
    AsyncBody, Body, CallBody, Fallible, Interruptible, MakeStep, Options, Repeatable, Step, StepCall, StepInterrupted,
    SyncBody, async_body, body_of, future_body, sync_body,
};
pub use values::{Value, now, random, uuid};
pub use wait_for_callback::{AwaitSubmitted, Submitted, WaitForCallback, wait_for_callback};
pub use with_retry::{WithRetry, with_retry};

pub use crate::context::{Ctx, Shareable, State, States};
use crate::model::{InvalidName, Name};

/// Something that a durable function can await: a step, a timer, a callback, a branch, a call.
///
/// It is neither a `Future` nor an `IntoFuture`, so nothing but a `#[durable]` function can run it, and
/// `tokio::join!`, `select!` or `spawn` over operations do not compile.
///
/// ```
/// use durable::prelude::*;
///
/// async fn price(item: &str) -> u32 {
///     item.len() as u32
/// }
///
/// #[durable]
/// async fn quote(item: String) -> u32 {
///     // A value that does nothing yet …
///     let pause = sleep(seconds(1)).named("pause");
///     #[step]
///     let price = price(&item).await;
///     // … until it is awaited.
///     pause.await;
///     price
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(quote).start().await?;
/// # assert_eq!(engine.start(quote("tea".to_owned())).await?.output().await?, 3);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a `#[durable]` function can only await durable operations",
    label = "this future is not recorded, so it would run again on every replay",
    note = "make it a step: put `#[step]` on this statement, or on the definition of the function that it calls",
    note = "a helper that awaits steps itself is marked `#[durable]`"
)]
pub trait Operation: Sized {
    /// What awaiting it gives.
    type Output;

    /// Tells this occurrence from others of its name by data, such as the id of what a loop is about, and not by how
    /// many came before: `ship(parcel).key(parcel.id).await`. The last thing to say of an operation, before `.await`.
    ///
    /// **Recorded:** under an id that is made of the name and the key. The key itself is not kept.
    /// **Replay:** an occurrence is found by its key. The order is still checked: what was recorded has to be performed
    /// in the same order again.
    ///
    /// ```
    /// use durable::prelude::*;
    ///
    /// #[step]
    /// async fn ship(parcel: u32) -> String {
    ///     format!("label of {parcel}")
    /// }
    ///
    /// #[durable]
    /// async fn ship_all(parcels: Vec<u32>) -> Vec<String> {
    ///     let mut labels = Vec::new();
    ///     for parcel in parcels {
    ///         labels.push(ship(parcel).key(parcel).await);
    ///     }
    ///     labels
    /// }
    /// #
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::in_memory().register(ship_all).start().await?;
    /// # assert_eq!(engine.start(ship_all(vec![7])).await?.output().await?, ["label of 7"]);
    /// # Ok(())
    /// # }
    /// ```
    fn key(self, key: impl fmt::Display) -> Keyed<Self> {
        Keyed::new(self, key.to_string())
    }

    /// Performs the operation at this place.
    #[doc(hidden)]
    fn perform_at(self, ctx: &Ctx, place: Place) -> impl Future<Output = Self::Output>;

    /// Performs the operation where this is called; only generated code calls it. Boxed, so that what awaits it is small
    /// and quick to compile.
    #[doc(hidden)]
    #[track_caller]
    fn perform<'a>(self, ctx: &'a Ctx, name: &'static str) -> Performing<'a, Self::Output>
    where
        Self: 'a,
    {
        Performing::new(self.perform_at(ctx, Place::here(name)))
    }
}

/// A name given by the user, checked when the operation is performed.
pub(crate) type GivenName = Option<Result<Name, InvalidName>>;

pub(crate) fn given(name: impl Into<Cow<'static, str>>) -> GivenName {
    Some(Name::new(name))
}
