//! What is ordered, what is served, and what can go wrong.

use durable::CallbackError;
use serde::{Deserialize, Serialize};

use crate::bar::BarError;

/// An order as it comes in at the till.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Names the execution, so placing an order twice makes one coffee.
    pub(crate) id: String,
    pub(crate) attendee: String,
    pub(crate) drink: String,
    /// How long the attendee waits for a barista to accept.
    pub(crate) patience_seconds: u64,
}

/// The rules of the event.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EventConfiguration {
    pub(crate) coffees_each: usize,
}

/// A reserved cup.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cup(pub(crate) usize);

/// What a barista says who takes an order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) barista: String,
}

/// What an attendee gets.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Coffee {
    pub(crate) number: usize,
    pub(crate) drink: String,
}

/// Why an attendee gets no coffee. Recorded and replayed as itself.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("{limit} coffees each, no more")]
    LimitReached { limit: usize },
    #[error("no barista had time")]
    NobodyCame,
    #[error("the barista cancelled: {reason}")]
    Cancelled { reason: String },
    #[error("out of order: {0}")]
    Bar(#[from] BarError),
}

/// A barista answers through a callback: late, or with a failure.
impl From<CallbackError> for OrderError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::TimedOut => Self::NobodyCame,
            CallbackError::Failed(error) => Self::Cancelled { reason: error.message.unwrap_or_default() },
            other => Self::Bar(BarError(other.to_string())),
        }
    }
}
