//! What the functions of the corpus talk to.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) id: u64,
    pub(super) customer: String,
    pub(super) parcels: Vec<Parcel>,
    pub(super) express: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Parcel {
    pub(super) id: u64,
    pub(super) weight: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) amount: u32,
    pub(super) note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub(super) enum ShopError {
    #[error("only {left} left")]
    OutOfStock { left: u32 },
    #[error("declined")]
    Declined,
    #[error("{0}")]
    Other(String),
}

impl From<String> for ShopError {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

impl From<fmt::Error> for ShopError {
    fn from(error: fmt::Error) -> Self {
        Self::Other(error.to_string())
    }
}

pub(super) async fn reserve(order: &Order) -> Result<u64, ShopError> {
    if order.parcels.is_empty() { Err(ShopError::OutOfStock { left: 0 }) } else { Ok(order.id) }
}

pub(super) async fn charge(customer: &str, amount: u32) -> Result<Receipt, ShopError> {
    if customer.is_empty() { Err(ShopError::Declined) } else { Ok(Receipt { amount, note: None }) }
}

pub(super) async fn refund(receipt: Receipt) -> Result<(), ShopError> {
    drop(receipt);
    Ok(())
}

pub(super) async fn release(_reservation: u64) {}

pub(super) async fn weigh(parcel: &Parcel) -> u32 {
    parcel.weight
}

pub(super) async fn mail(to: &str, text: String) -> anyhow::Result<()> {
    anyhow::ensure!(!to.is_empty(), "nobody to tell {text}");
    Ok(())
}

pub(super) async fn fetch(url: &str) -> anyhow::Result<String> {
    Ok(url.to_owned())
}

pub(super) fn parse<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

pub(super) fn total(order: &Order) -> u32 {
    order.parcels.iter().map(|parcel| parcel.weight).sum()
}
