//! What is ordered and served, and what can go wrong.

use durable::CallbackError;
use serde::{Deserialize, Serialize};

/// An order as it comes in at the till.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) attendee: String,
    pub(crate) drink: String,
    pub(crate) price_cents: u32,
}

/// What the card scheme says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) receipt: String,
}

/// What an attendee gets.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Coffee {
    pub(crate) drink: String,
    pub(crate) barista: String,
}

/// Why an attendee gets no coffee. Recorded and replayed as itself.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("the card was not charged: {reason}")]
    Payment { reason: String },
    #[error("no barista had time")]
    NobodyCame,
    #[error("the barista cancelled: {reason}")]
    Cancelled { reason: String },
}

/// A barista answers through a callback: late, or with a failure.
impl From<CallbackError> for OrderError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::TimedOut => Self::NobodyCame,
            other => Self::Cancelled { reason: other.to_string() },
        }
    }
}
