//! Typed errors, `anyhow`, `?` in nested blocks and conversions.

use anyhow::Context as _;
use durable::prelude::*;
use serde::{Deserialize, Serialize};

use super::world::{Order, Receipt, ShopError, charge, fetch, mail, refund, reserve};

#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
enum BookingError {
    #[error("no room: {0}")]
    NoRoom(String),
    #[error(transparent)]
    Shop(#[from] ShopError),
}

#[step]
async fn book(nights: u32) -> Result<u32, BookingError> {
    if nights == 0 { Err(BookingError::NoRoom("full".to_owned())) } else { Ok(nights) }
}

#[step(name = "read the page", retry(max_attempts = 4, jitter = full))]
async fn read(url: &str) -> anyhow::Result<usize> {
    let text = fetch(url).await.context("fetch")?;
    Ok(text.len())
}

#[durable]
async fn converts(order: Order, nights: u32) -> Result<u32, BookingError> {
    #[step]
    let reservation = reserve(&order).await?;
    let booked = book(nights).await?;
    Ok(booked + reservation as u32)
}

#[durable]
async fn with_anyhow(url: String) -> anyhow::Result<usize> {
    let length = read(&url).await.with_context(|| format!("reading {url}"))?;
    anyhow::ensure!(length > 0, "nothing at {url}");
    if length > 1_000 {
        anyhow::bail!("{length} is too long");
    }
    #[step]
    mail("me@example.org", url).await?;
    Ok(length)
}

#[durable]
async fn boxed(url: String) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    #[step]
    let text = fetch(&url).await?;
    let number: usize = text.len().to_string().parse()?;
    Ok(number)
}

#[durable]
async fn nested_question_marks(order: Order) -> Result<Option<u32>, ShopError> {
    let amount = {
        let first = match order.parcels.first() {
            Some(parcel) => {
                #[step]
                let receipt = charge(&order.customer, parcel.weight).await?;
                receipt.amount
            }
            None => return Ok(None),
        };
        if first > 3 {
            #[step(name = "charge once more")]
            let receipt = charge(&order.customer, first).await?;
            receipt.amount
        } else {
            first
        }
    };
    Ok(Some(amount))
}

#[durable]
async fn branch_with_question_marks(order: Order) -> Result<u32, ShopError> {
    let attempt: Result<u32, ShopError> = async {
        #[step]
        let reservation = reserve(&order).await?;
        #[step]
        let receipt = charge(&order.customer, reservation as u32).await?;
        Ok(receipt.amount)
    }
    .await;
    match attempt {
        Err(ShopError::Declined) => Ok(0),
        other => other,
    }
}

#[durable]
async fn compensates(order: Order) -> Result<Receipt, ShopError> {
    #[step]
    let receipt = charge(&order.customer, 3).await?;
    let shipped = async {
        #[step]
        reserve(&order).await
    }
    .named("ship")
    .await;
    if let Err(error) = &shipped
        && !matches!(error, ShopError::OutOfStock { left } if *left > 0)
    {
        #[step]
        refund(receipt.clone()).await?;
    }
    shipped.map(|_| receipt)
}

#[durable]
async fn maps_errors(nights: u32) -> Result<u32, String> {
    let booked = book(nights).await.map_err(|error| error.to_string())?;
    let doubled = booked.checked_mul(2).ok_or("too many nights")?;
    let tripled = doubled.checked_add(booked).ok_or_else(|| format!("{doubled} are too many"))?;
    Ok(tripled)
}

#[durable]
async fn falls_back(urls: Vec<String>) -> Option<usize> {
    for url in &urls {
        match read(url).await {
            Ok(length) => return Some(length),
            Err(error) if error.to_string().contains("fetch") => continue,
            Err(_) => sleep(seconds(1)).await,
        }
    }
    None
}

#[durable]
async fn optional(order: Option<Order>) -> Option<u32> {
    let order = order?;
    let parcel = order.parcels.iter().max_by_key(|parcel| parcel.weight)?;
    sleep(seconds(u64::from(parcel.weight.max(1)))).await;
    Some(parcel.weight)
}

#[durable]
async fn explicit_ok_type(order: Order) -> Result<u32, BookingError> {
    let booked = async {
        let nights = book(1).await?;
        #[step]
        let reserved = reserve(&order).await?;
        Ok::<_, BookingError>(nights + reserved as u32)
    }
    .await?;
    Ok(booked)
}
