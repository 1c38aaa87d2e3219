//! The error of a replay that performs something else than what was recorded.

use std::fmt;

use crate::model::{Kind, Name, Operation};
use crate::operation::Place;

/// The code no longer performs what its history says it performed.
#[derive(Debug, Clone)]
pub(crate) struct Mismatch {
    /// What history holds at this position; `None` never happens in a consistent history.
    pub(crate) recorded: Option<Side>,
    /// What the code performed; `None` when it returned instead.
    pub(crate) performed: Option<Side>,
    /// What the operation that the code performed was called before.
    pub(crate) was: Option<Name>,
    /// The position in the context, counted from 0.
    pub(crate) position: usize,
    /// Where the code stands.
    pub(crate) place: Option<Place>,
}

/// One side of a mismatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) kind: Kind,
    pub(crate) name: Name,
}

impl Side {
    pub(crate) fn of_operation(operation: &Operation) -> Self {
        let name = operation.name.clone().unwrap_or(Name::checked("(no name)"));
        Self { kind: operation.kind, name }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.position + 1;
        match &self.recorded {
            Some(recorded) => write!(f, "operation {number} of this context is recorded as {recorded}, ")?,
            None => write!(f, "operation {number} of this context is recorded, ")?,
        }
        match &self.performed {
            Some(performed) => write!(f, "but the code performs {performed}")?,
            None => write!(f, "but the code returns without performing it")?,
        }
        if let Some(was) = &self.was {
            write!(f, " (once `{was}`)")?;
        }
        if let Some(place) = &self.place {
            write!(f, " at {place}")?;
        }
        f.write_str(
            "\nhelp: bring the recorded order back and add new operations after the recorded ones, or give the changed \
             function a new `version` and keep the old one registered until its executions are done\n\
             note: a replay answers each operation from its record, so the code must perform the same ones in the same \
             order",
        )
    }
}

impl std::error::Error for Mismatch {}
