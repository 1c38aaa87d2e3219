//! Requirements as data.

use durable::{EngineBuilder, Functions};

use crate::witness::Holds;

/// Requirements on one kind of operation.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    /// What the suite is called.
    pub name: &'static str,
    /// Its requirements.
    pub rows: &'static [Row],
    /// The functions of all rows.
    pub functions: fn() -> Functions,
}

impl Suite {
    /// Registers the functions of all rows.
    pub fn register(&self, engine: EngineBuilder) -> EngineBuilder {
        engine.functions((self.functions)())
    }
}

/// One requirement.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its number: suite and position, as in `1-12`.
    pub id: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// The durable function that is started.
    pub function: &'static str,
    /// Its argument, as JSON.
    pub input: &'static str,
    /// The history from event 2 on; see [`crate::pattern`].
    pub events: &'static str,
    /// What happens from outside, in this order.
    pub driver: &'static [Action],
    /// Whether the function kills its own process.
    pub crashes: bool,
    /// What must be true of what observers were told and of what was logged.
    pub told: Option<Holds>,
}

/// Something that happens to a callback from outside, so many seconds after the callback was opened or the action
/// before it was done.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// Keeps the callback alive.
    Heartbeat { after: u32 },
    /// Completes it with this text.
    Succeed { after: u32, payload: Option<&'static str> },
    /// Completes it with an error that has this message.
    Fail { after: u32, message: &'static str },
}

impl Row {
    /// A requirement without input.
    pub const fn new(id: &'static str, about: &'static str) -> Self {
        Self { id, about, function: "", input: "null", events: "", driver: &[], crashes: false, told: None }
    }

    /// The argument, as JSON.
    pub const fn input(self, input: &'static str) -> Self {
        Self { input, ..self }
    }

    /// The history from event 2 on.
    pub const fn events(self, events: &'static str) -> Self {
        Self { events, ..self }
    }

    /// What happens from outside.
    pub const fn driver(self, driver: &'static [Action]) -> Self {
        Self { driver, ..self }
    }

    /// Says that the function kills its own process.
    pub const fn crashes(self) -> Self {
        Self { crashes: true, ..self }
    }

    /// What must be true of what observers were told and of what was logged.
    pub const fn told(self, told: Holds) -> Self {
        Self { told: Some(told), ..self }
    }

    pub(crate) const fn of(self, function: &'static str) -> Self {
        Self { function, ..self }
    }
}

/// Puts a suite together: each handler with its row, and functions that handlers invoke.
macro_rules! suite {
    ($name:literal: $($handler:ident $row:ident),+ $(; $($invoked:ident),+)? $(,)?) => {
        /// All rows.
        pub const SUITE: $crate::Suite = $crate::Suite {
            name: $name,
            rows: &[$($row.of(stringify!($handler))),+],
            functions: || durable::Functions::new()$(.register($handler))+$($(.register($invoked))+)?,
        };
    };
}
pub(crate) use suite;
