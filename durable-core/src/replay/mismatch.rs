//! The error of a replay that performs something else than what was recorded.

use std::fmt;

use crate::model::{Kind, Name, Operation};
use crate::operation::Place;

/// The code no longer performs what its history says it performed.
#[derive(Debug, Clone)]
pub(crate) struct Mismatch {
    pub(crate) difference: Difference,
    /// What the operation that the code performed was called before.
    pub(crate) was: Option<Name>,
    /// Where the code stands.
    pub(crate) place: Option<Place>,
}

/// In what the code and its history differ. Positions in a context are counted from 0.
#[derive(Debug, Clone)]
pub(crate) enum Difference {
    /// Another operation is recorded here.
    Other { position: usize, recorded: Side, performed: Side },
    /// The code returns before this one. It has no position if several pieces of code share the context.
    Missing { position: Option<usize>, recorded: Side },
    /// The context has ended, and its code now waits for something that is not recorded in it, or not as ended.
    Unending { performed: Side, is_recorded: bool },
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

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other { position, recorded, performed } => {
                let number = position + 1;
                write!(
                    f,
                    "operation {number} of this context is recorded as {recorded}, but the code performs {performed}"
                )
            }
            Self::Missing { position: Some(position), recorded } => {
                let number = position + 1;
                write!(
                    f,
                    "operation {number} of this context is recorded as {recorded}, but the code returns without \
                     performing it"
                )
            }
            Self::Missing { position: None, recorded } => {
                write!(f, "{recorded} is recorded, but the code returns without performing it")
            }
            Self::Unending { performed, is_recorded: false } => {
                write!(f, "this context is recorded as ended without {performed}, but the code waits for it")
            }
            Self::Unending { performed, is_recorded: true } => {
                write!(f, "this context is recorded as ended while {performed} had not, but the code waits for it")
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.difference.fmt(f)?;
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
