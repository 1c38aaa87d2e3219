//! Ready-made recorded values: the time, a UUID, a random number.

use super::attempts::{Attempted, Attempts, Repeats, run_attempts};
use super::{Ctx, GivenName, Operation, Place, given};
use crate::context::Halt;
use crate::model::{Kind, Retry, Timestamp};
use crate::value::{Recorded, from_json, to_json};

/// The time, recorded: the same on every replay.
///
/// **Recorded:** a step with the time as its result. **Replay:** that time. **Errors:** none.
///
/// ```
/// use durable::now;
/// use durable::prelude::*;
///
/// #[durable]
/// async fn stamped() -> bool {
///     let ordered = now().await;
///     ordered.as_millis() > 0
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(stamped).start().await?;
/// # assert_eq!(engine.start(stamped()).await?.output().await?, true);
/// # Ok(())
/// # }
/// ```
pub fn now() -> Value<Timestamp> {
    Value { make: |ctx| ctx.run().environment.clock.now(), name: None }
}

/// A random UUID (version 4), recorded: the same on every replay. Good for idempotency keys.
///
/// **Recorded:** a step with the UUID as its result. **Replay:** that UUID. **Errors:** none.
///
/// ```
/// use durable::prelude::*;
/// use durable::uuid;
///
/// #[durable]
/// async fn keyed() -> usize {
///     let key = uuid().await;
///     // The same key on every replay, so that a payment is made once.
///     key.to_string().len()
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(keyed).start().await?;
/// # assert_eq!(engine.start(keyed()).await?.output().await?, 36);
/// # Ok(())
/// # }
/// ```
pub fn uuid() -> Value<uuid::Uuid> {
    Value {
        make: |ctx| {
            let entropy = &ctx.run().environment.entropy;
            uuid::Builder::from_random_bytes(std::array::from_fn(|_| (entropy.chance() * 256.0) as u8)).into_uuid()
        },
        name: None,
    }
}

/// A random number from 0.0 up to 1.0, recorded: the same on every replay.
///
/// **Recorded:** a step with the number as its result. **Replay:** that number. **Errors:** none.
///
/// ```
/// use durable::prelude::*;
/// use durable::random;
///
/// #[durable]
/// async fn lucky() -> bool {
///     let chance = random().named("chance").await;
///     (0.0..1.0).contains(&chance)
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(lucky).start().await?;
/// # assert_eq!(engine.start(lucky()).await?.output().await?, true);
/// # Ok(())
/// # }
/// ```
pub fn random() -> Value<f64> {
    Value { make: |ctx| ctx.run().environment.entropy.chance(), name: None }
}

/// See [`now`], [`uuid()`] and [`random`].
#[must_use = "a value is only made and recorded when this is awaited in a `#[durable]` function"]
pub struct Value<T> {
    make: fn(&Ctx) -> T,
    name: GivenName,
}

impl<T> Value<T> {
    /// Gives the step a name in history.
    pub fn named(self, name: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }
}

#[diagnostic::do_not_recommend]
impl<T: crate::value::DurableValue> Operation for Value<T> {
    type Output = T;

    async fn perform_at(self, ctx: &Ctx, place: Place) -> T {
        let step = ctx.perform(Kind::Step, place.name(self.name), place).await;
        let mut attempt = async || {
            // Times, UUIDs and numbers always serialise.
            let recorded = Recorded::Succeeded(to_json(&(self.make)(ctx)).unwrap_or_default());
            Attempted { recorded, repeats: Repeats::Never }
        };
        let payload = match run_attempts(ctx, &step, Attempts::new(Some(Retry::NONE)), &mut attempt).await {
            Recorded::Succeeded(payload) => payload,
            Recorded::Failed(error) => return ctx.halt(Halt::Fail(error)).await,
        };
        match from_json(payload.as_deref()) {
            Ok(value) => value,
            Err(source) => ctx.halt(Halt::Unreadable { what: step.to_string(), source }).await,
        }
    }
}
