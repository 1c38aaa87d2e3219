//! Where in the source an operation is performed, and what it is called there.

use std::fmt;
use std::panic::Location;

use super::GivenName;
use crate::model::{InvalidName, Name};

/// A call site: the name that the macro derived, and its source place; or one element of a group performed there.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    name: &'static str,
    source: &'static Location<'static>,
    element: Option<u32>,
}

impl Place {
    /// The call site that calls this.
    #[track_caller]
    pub const fn here(name: &'static str) -> Self {
        Self { name, source: Location::caller(), element: None }
    }

    /// The `element`-th operation of the group at this place.
    pub(crate) const fn element(self, element: u32) -> Self {
        Self { element: Some(element), ..self }
    }

    /// The operation's name here: the given one, else the site's.
    pub(crate) fn name(self, given: GivenName) -> Result<Name, InvalidName> {
        given.unwrap_or_else(|| match self.element {
            None => Ok(Name::checked(self.name)),
            Some(element) => Name::new(format!("{}-{element}", self.name)),
        })
    }
}

/// As `file:line:column`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}
