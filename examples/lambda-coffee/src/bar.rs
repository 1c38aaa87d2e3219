//! The world that the steps touch. A real bar would call a payment provider and a message queue here.

use durable::CallbackId;
use uuid::Uuid;

use crate::order::{Order, OrderError, Payment};

/// The bar.
pub(crate) struct Bar;

impl Bar {
    /// Charges the card. The provider knows the key of a charge that it has seen before, and charges it once.
    pub(crate) async fn charge(&self, order: &Order, key: Uuid) -> Result<Payment, OrderError> {
        if order.price_cents == 0 {
            return Err(OrderError::Payment { reason: "there is nothing to charge".to_owned() });
        }
        Ok(Payment { receipt: format!("receipt {key} over {} cents", order.price_cents) })
    }

    /// Gives the money back.
    pub(crate) async fn refund(&self, payment: &Payment) -> Result<(), OrderError> {
        tracing::info!(receipt = payment.receipt, "refunded");
        Ok(())
    }

    /// Tells the baristas whom to answer. The id is logged here so that the README's commands can complete it.
    pub(crate) async fn ask_barista(&self, order: &Order, id: CallbackId) -> Result<(), OrderError> {
        tracing::info!(drink = order.drink, attendee = order.attendee, callback = id.as_str(), "a barista is asked");
        Ok(())
    }
}
