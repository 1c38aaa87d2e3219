//! Where in the source an operation is performed, and what it is called there.

use std::fmt;

use super::GivenName;
use crate::model::{InvalidName, Name};

/// A call site: the name that the macro derived, and its source place.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    name: &'static str,
    file: &'static str,
    line: u32,
    column: u32,
}

impl Site {
    /// The call site at this source place.
    pub const fn new(name: &'static str, file: &'static str, line: u32, column: u32) -> Self {
        Self { name, file, line, column }
    }
}

/// A call site, or one element of a group that is performed there.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    site: &'static Site,
    element: Option<u32>,
}

impl Place {
    /// The call site itself.
    pub const fn new(site: &'static Site) -> Self {
        Self { site, element: None }
    }

    /// The `element`-th operation of the group at this place.
    pub(crate) const fn element(self, element: u32) -> Self {
        Self { element: Some(element), ..self }
    }

    /// The operation's name here: the given one, else the site's.
    pub(crate) fn name(self, given: GivenName) -> Result<Name, InvalidName> {
        given.unwrap_or_else(|| match self.element {
            None => Ok(Name::checked(self.site.name)),
            Some(element) => Name::new(format!("{}-{element}", self.site.name)),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Site { file, line, column, .. } = self.site;
        write!(f, "{file}:{line}:{column}")
    }
}
