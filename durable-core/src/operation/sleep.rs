//! Durable timers.

use std::borrow::Cow;
use std::time::Duration;

use super::{Ctx, GivenName, LocalBoxFuture, Operation, Place, given};
use crate::context::Halt;
use crate::model::{Kind, Start, Timestamp, wait_seconds};

/// Suspends the execution for `duration`; the process may end meanwhile.
///
/// The unit is the second: a fraction is rounded up, the least is one second, the most 366 days.
///
/// **Recorded:** the start with its duration and end, and that the time is over.
/// **Replay:** a wait that is over returns at once; one that runs keeps its recorded end, whatever the code says now.
/// **Errors:** a wait of more than 366 days fails the execution with a `ValidationError`, as history can't hold it.
///
/// ```
/// use durable::prelude::*;
///
/// #[durable]
/// async fn reminder(name: String) -> String {
///     sleep(seconds(1)).await;
///     format!("{name}, your tea is ready")
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(reminder).start().await?;
/// # assert_eq!(engine.start(reminder("Ada".to_owned())).await?.output().await?, "Ada, your tea is ready");
/// # Ok(())
/// # }
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { length: Length::For(duration), name: None }
}

/// Suspends the execution until `time`; the process may end meanwhile.
///
/// **Recorded**, **replay** and **errors:** as for [`sleep`]. A time that has passed, or is less than a second away, is a wait of one
/// second, the shortest that history knows.
///
/// ```
/// use durable::prelude::*;
/// use durable::{now, wait_until};
///
/// #[durable]
/// async fn at_the_hour() -> bool {
///     let begun = now().await;
///     wait_until(begun.plus_seconds(1)).await;
///     now().named("after").await >= begun.plus_seconds(1)
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let engine = Engine::in_memory().register(at_the_hour).start().await?;
/// # assert_eq!(engine.start(at_the_hour()).await?.output().await?, true);
/// # Ok(())
/// # }
/// ```
pub fn wait_until(time: Timestamp) -> Sleep {
    Sleep { length: Length::Until(time), name: None }
}

/// What to do about a wait that is too long.
const LONGER: &str = "help: wait several times: `for _ in 0..2 { sleep(days(300)).await; }`";

/// How long a wait is, as the code says it.
#[derive(Debug, Clone, Copy)]
enum Length {
    For(Duration),
    Until(Timestamp),
}

/// See [`sleep`].
#[must_use = "a sleep does nothing until it is awaited in a `#[durable]` function"]
#[derive(Debug)]
pub struct Sleep {
    length: Length,
    name: GivenName,
}

impl Sleep {
    /// Gives the wait a name in history.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: given(name), ..self }
    }
}

#[diagnostic::do_not_recommend]
impl Operation for Sleep {
    type Output = ();

    fn perform_at(self, ctx: &Ctx, place: Place) -> impl Future<Output = ()> {
        wait(ctx, place, self)
    }
}

/// Boxed, so that it is compiled here and not where someone sleeps.
fn wait(ctx: &Ctx, place: Place, sleep: Sleep) -> LocalBoxFuture<'_, ()> {
    Box::pin(async move {
        let Sleep { length, name } = sleep;
        let wait = ctx.perform(Kind::Wait, place.name(name), place).await;
        let position = match wait.state() {
            None => {
                let duration = match length {
                    Length::For(duration) => duration,
                    Length::Until(time) => time.since(ctx.run().environment.clock.now()),
                };
                match wait_seconds(duration) {
                    Ok(seconds) => wait.start(Start::Wait { seconds }),
                    Err(too_long) => {
                        return ctx.halt(Halt::misuse(format!("{wait}: {too_long}\n{LONGER}"))).await;
                    }
                }
            }
            Some(_) => 0,
        };
        wait.settled(position).await;
    })
}
