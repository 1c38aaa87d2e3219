//! What an engine knows of a function whose code runs elsewhere.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Remote;
use crate::model::{InvalidName, Name, TooLong, wait_seconds, whole_seconds};

/// How long one invocation may take: as long as on AWS Lambda.
const INVOCATION_TIMEOUT: Duration = Duration::from_secs(15 * 60);
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// A function whose code runs elsewhere: what
/// [`EngineBuilder::register_remote`](crate::engine::EngineBuilder::register_remote) takes.
///
/// See [`Remote`] for an example.
#[derive(Clone)]
pub struct RemoteFunction {
    name: Name,
    version: Option<String>,
    execution_timeout: Option<Duration>,
    invocation_timeout: Duration,
    first_delay: Duration,
    longest_delay: Duration,
    pub(in crate::engine) code: Arc<dyn Remote>,
}

impl RemoteFunction {
    /// A function under this name.
    ///
    /// **Errors:** the name is not one: 1 to 256 printable ASCII characters.
    pub fn new(name: impl Into<String>, code: Arc<dyn Remote>) -> Result<Self, InvalidName> {
        Ok(Self {
            name: Name::new(name.into())?,
            version: None,
            execution_timeout: None,
            invocation_timeout: INVOCATION_TIMEOUT,
            first_delay: FIRST_DELAY,
            longest_delay: LONGEST_DELAY,
            code,
        })
    }

    /// Which version of the function this is. Executions go on with the version that they were started with.
    #[must_use]
    pub fn with_version(self, version: impl Into<String>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// Ends executions with a timeout that have not ended this long after their start: whole seconds, rounded up, from 1 to
    /// 366 days. More is refused when the function is registered.
    #[must_use]
    pub fn with_execution_timeout(self, timeout: Duration) -> Self {
        Self { execution_timeout: Some(timeout), ..self }
    }

    /// Gives an invocation up that has not ended after this time, as if it had crashed; 15 minutes if not said.
    #[must_use]
    pub fn with_invocation_timeout(self, timeout: Duration) -> Self {
        Self { invocation_timeout: timeout, ..self }
    }

    /// How long to wait after a crash before the next invocation: this long after the first one, twice as long after
    /// each in a row, and never longer than `longest`. One second and one minute if not said.
    #[must_use]
    pub fn with_backoff(self, first: Duration, longest: Duration) -> Self {
        Self { first_delay: first, longest_delay: longest, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Refuses a timeout that history can't hold.
    pub(in crate::engine) fn check_timeout(&self) -> Result<(), TooLong> {
        self.execution_timeout.map_or(Ok(()), |timeout| wait_seconds(timeout).map(drop))
    }

    pub(in crate::engine) fn timeout_seconds(&self) -> Option<u32> {
        self.execution_timeout.map(whole_seconds)
    }

    pub(in crate::engine) fn invocation_timeout(&self) -> Duration {
        self.invocation_timeout
    }

    /// How long to wait after so many crashes in a row.
    pub(in crate::engine) fn delay_after(&self, crashes: u32) -> Duration {
        let doublings = crashes.saturating_sub(1).min(30);
        self.first_delay.saturating_mul(1 << doublings).min(self.longest_delay)
    }
}

impl fmt::Debug for RemoteFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteFunction")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::remote::{InvocationFuture, RemoteInvocation};

    struct Nowhere;

    impl Remote for Nowhere {
        fn invoke(&self, _: RemoteInvocation) -> InvocationFuture {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let function = RemoteFunction::new("order", Arc::new(Nowhere)).unwrap();
        let delays = [1, 2, 3, 6, 7, 4_000_000_000].map(|crashes| function.delay_after(crashes).as_secs());
        assert_eq!(delays, [1, 2, 4, 32, 60, 60]);
    }
}
