//! Retries of a whole group of operations.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::attempts::kept_delay;
use super::batch::BatchOutput;
use super::branch::record_context;
use super::{Ctx, GivenName, LocalBoxFuture, Operation, Place, SealedOutput, given, sleep};
use crate::context::{Halt, record_of};
use crate::model::{InvalidName, Kind, Name, Retry};
use crate::value::{GivenSerdes, Recorded, Serdes, Stateless};

/// Runs a group of operations until it succeeds or is given up: `with_retry(async || { … }).retry(Retry::TRANSIENT)`.
///
/// **Recorded:** a child context, in it one for each attempt, called `attempt-1`, `attempt-2`, …, and a wait between
/// them, called `retry-delay-1`, ….
/// **Replay:** the recorded result; attempts that ended do not run again.
/// **Errors:** the error of the last attempt.
///
/// ```
/// use durable::prelude::*;
/// use durable::{Encrypt, Retry, with_retry};
///
/// async fn book(seat: u32) -> Result<u32, String> {
///     Ok(seat)
/// }
///
/// #[durable]
/// async fn trip() -> Result<u32, String> {
///     let booked = with_retry(async || {
///         #[step]
///         let seat = book(3).await?;
///         Ok::<u32, String>(seat)
///     });
///     booked.retry(Retry::FIXED).serdes(Encrypt::new([7; 32])).named("book").await
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(trip).start().await?;
/// # assert_eq!(engine.start(trip()).await?.output().await?, Ok(3));
/// # Ok(())
/// # }
/// ```
pub fn with_retry<F, S>(body: F) -> WithRetry<F>
where
    F: AsyncFn(Ctx) -> S,
    S: SealedOutput + BatchOutput,
{
    WithRetry { body, retry: Retry::DEFAULT, name: None, serdes: None }
}

/// See [`with_retry`].
#[must_use = "nothing runs until this is awaited in a `#[durable]` function"]
pub struct WithRetry<F> {
    body: F,
    retry: Retry,
    name: GivenName,
    serdes: GivenSerdes,
}

impl<F> WithRetry<F> {
    /// Gives the group a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }

    /// What the result passes on its way to the record and back, that of each attempt and that of the group.
    pub fn serdes(self, serdes: impl Serdes) -> Self {
        Self { serdes: Some(Arc::new(serdes)), ..self }
    }

    /// How often the group is attempted, and how long the waits between are: [`Retry::DEFAULT`] if not said, whatever the
    /// function says for its steps.
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }
}

#[diagnostic::do_not_recommend]
impl<F, S> Operation for WithRetry<F>
where
    F: AsyncFn(Ctx) -> S,
    S: SealedOutput + BatchOutput,
{
    type Output = <S as SealedOutput>::Value;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> Self::Output {
        let Self { body, retry, name, serdes } = self;
        let context = ctx.perform(Kind::RunInChildContext, place.name(name), place).await.with_serdes(&serdes);
        let (body, serdes) = (&body, &serdes);
        let code = |inside| -> LocalBoxFuture<'_, Recorded> {
            Box::pin(async move { attempts(&inside, body, retry, serdes, place).await })
        };
        let recorded = record_context(ctx, &context, &code).await;
        ctx.decode(<S as SealedOutput>::Codec::INSTANCE, recorded, &context).await
    }
}

/// One attempt after the other, each in a context of its own.
async fn attempts<F, S>(ctx: &Ctx, body: &F, retry: Retry, serdes: &GivenSerdes, place: Place) -> Recorded
where
    F: AsyncFn(Ctx) -> S,
    S: BatchOutput,
{
    let mut number = 1;
    loop {
        let context = ctx.perform(Kind::RunInChildContext, numbered("attempt", number), place).await;
        let context = context.with_serdes(serdes);
        let attempt = |inside| -> LocalBoxFuture<'_, Recorded> {
            Box::pin(async {
                let output = body(inside).await;
                record_of(output.record(), &context)
            })
        };
        let recorded = record_context(ctx, &context, &attempt).await;
        let delay = match &recorded {
            Recorded::Succeeded(_) => Ok(None),
            Recorded::Failed(error) if !retry.applies_to(error) => Ok(None),
            Recorded::Failed(error) => retry.delay(error, number, ctx.run().environment.entropy.chance()),
        };
        let delay = kept_delay(ctx, format_args!("the group at {place}"), number, delay).await;
        let Some(delay_seconds) = delay else { return recorded };
        let pause = sleep(Duration::from_secs(delay_seconds.into()));
        match numbered("retry-delay", number) {
            Ok(name) => pause.named(String::from(name)).perform_at(ctx, place).await,
            Err(invalid) => return ctx.halt(Halt::misuse(invalid.to_string())).await,
        }
        number += 1;
    }
}

fn numbered(what: &str, number: u32) -> Result<Name, InvalidName> {
    Name::new(format!("{what}-{number}"))
}
