//! Durable timers.

use std::borrow::Cow;
use std::time::Duration;

use super::{Ctx, GivenName, Operation, Place, given};
use crate::model::{Kind, Start, whole_seconds};

/// Suspends the execution for `duration`; the process may end meanwhile.
///
/// The unit is the second: a fraction is rounded up, the least is one second, the most 366 days.
///
/// **Recorded:** the start with its duration and end, and that the time is over.
/// **Replay:** a wait that is over returns at once; one that runs keeps its recorded end, whatever the code says now.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep { seconds: whole_seconds(duration), name: None }
}

/// See [`sleep`].
#[must_use = "a sleep does nothing until it is awaited in a `#[durable]` function"]
#[derive(Debug)]
pub struct Sleep {
    seconds: u32,
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

    async fn perform(self, ctx: &Ctx, place: Place) {
        let wait = ctx.perform(Kind::Wait, place.name(self.name), place).await;
        let position = match wait.state() {
            None => wait.start(Start::Wait { seconds: self.seconds }),
            Some(_) => 0,
        };
        wait.settled(position).await;
    }
}
