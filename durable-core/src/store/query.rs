//! Which executions to list, and what a list says of them.

use crate::model::{ExecutionId, ExecutionStatus, Name, Timestamp};

/// Which executions to list; every condition that is set must hold.
///
/// ```
/// use durable::prelude::*;
/// use durable::{ExecutionStatus, Query};
///
/// #[durable]
/// async fn order(number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::in_memory().register(order).start().await?;
/// engine.start(order(21)).name("order-42").await?.output().await?;
/// let ended = Query::new().function("order").status(ExecutionStatus::Succeeded).name_prefix("order-");
/// let page = engine.list(ended.clone().oldest_first().limit(1)).await?;
/// assert_eq!(page.len(), 1);
/// // The next page begins after the last of this one.
/// let next = page.last().map(|last| ended.after(last.cursor())).unwrap_or_default();
/// assert!(engine.list(next).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Query {
    /// Only of this function.
    pub function: Option<String>,
    /// Only those that stand at one of these, if any are given.
    pub statuses: Vec<ExecutionStatus>,
    /// Only the one with this name, of each function.
    pub name: Option<String>,
    /// Only those of this version of the code.
    pub version: Option<String>,
    /// Only those whose id ends like this, in lower-case hexadecimal digits without hyphens.
    pub id_suffix: Option<String>,
    /// Only those whose name begins like this.
    pub name_prefix: Option<String>,
    /// Only those that began at this time or later.
    pub started_from: Option<Timestamp>,
    /// Only those that began before this time.
    pub started_before: Option<Timestamp>,
    /// Only those that wait for this.
    pub waiting_on: Option<WaitingOn>,
    /// Only those that are parked.
    pub parked: bool,
    /// Only those that come after this one in the list: the [`Summary::cursor`] of the last page's end.
    pub after: Option<Cursor>,
    /// Oldest first, instead of newest first.
    pub oldest_first: bool,
    /// At most so many; 100 if not said.
    pub limit: Option<u32>,
}

impl Query {
    /// All executions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only of this function.
    #[must_use]
    pub fn function(self, function: impl Into<String>) -> Self {
        Self { function: Some(function.into()), ..self }
    }

    /// Only those that stand here, or where an earlier call of this said.
    #[must_use]
    pub fn status(mut self, status: ExecutionStatus) -> Self {
        self.statuses.push(status);
        self
    }

    /// Only the one with this name, of each function.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Only those of this version of the code.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// Only those whose id ends like this: the short form of an id. Hyphens and the case of letters do not matter.
    #[must_use]
    pub fn id_suffix(self, suffix: impl AsRef<str>) -> Self {
        let suffix = suffix.as_ref().replace('-', "").to_ascii_lowercase();
        Self { id_suffix: Some(suffix), ..self }
    }

    /// Oldest first, instead of newest first.
    #[must_use]
    pub fn oldest_first(self) -> Self {
        Self { oldest_first: true, ..self }
    }

    /// Only those whose name begins like this.
    #[must_use]
    pub fn name_prefix(self, prefix: impl Into<String>) -> Self {
        Self { name_prefix: Some(prefix.into()), ..self }
    }

    /// Only those that began at this time or later.
    #[must_use]
    pub fn started_from(self, time: Timestamp) -> Self {
        Self { started_from: Some(time), ..self }
    }

    /// Only those that began before this time.
    #[must_use]
    pub fn started_before(self, time: Timestamp) -> Self {
        Self { started_before: Some(time), ..self }
    }

    /// Only those that wait for this.
    #[must_use]
    pub fn waiting_on(self, waiting_on: WaitingOn) -> Self {
        Self { waiting_on: Some(waiting_on), ..self }
    }

    /// Only those that are parked.
    #[must_use]
    pub fn parked(self) -> Self {
        Self { parked: true, ..self }
    }

    /// Only those that come after this one in the list.
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self { after: Some(cursor), ..self }
    }

    /// At most so many.
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: Some(limit), ..self }
    }

    pub(crate) fn limit_or_default(&self) -> u32 {
        self.limit.unwrap_or(100)
    }
}

/// What an execution waits for.
///
/// See [`Query`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingOn {
    /// A timer, or the delay before a retry.
    Timer,
    /// A callback.
    Callback,
    /// An execution that it started.
    Child,
}

/// An execution in a list.
///
/// See [`Query`] for an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Its id.
    pub id: ExecutionId,
    /// Its function.
    pub function: Name,
    /// Its name.
    pub name: Name,
    /// The version of the code that it runs.
    pub version: Option<String>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// When the next thing happens to it by itself.
    pub due: Option<Timestamp>,
    /// Why it is not driven, if it is parked.
    pub parked: Option<String>,
}

impl Summary {
    /// Where the list goes on after this execution.
    pub fn cursor(&self) -> Cursor {
        Cursor { started: self.started, id: self.id }
    }
}

/// As text, for who carries it over a network: the time in milliseconds and the id.
impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.started.as_millis(), self.id)
    }
}

/// A text that is no place in a list.
///
/// See [`Query`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no place in a list of executions")]
pub struct InvalidCursor(String);

impl std::str::FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let read = || {
            let (millis, id) = text.split_once('.')?;
            Some(Self { started: Timestamp::from_millis(millis.parse().ok()?), id: id.parse().ok()? })
        };
        read().ok_or_else(|| InvalidCursor(text.to_owned()))
    }
}

/// A place in a list of executions.
///
/// See [`Query`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub(crate) started: Timestamp,
    pub(crate) id: ExecutionId,
}
