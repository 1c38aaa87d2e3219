//! Parcels are labelled in an order that is another one in each process.

use std::collections::HashMap;

use durable::prelude::*;

#[step]
async fn label(parcel: u32) -> u32 {
    parcel
}

#[durable]
async fn ship(parcels: HashMap<String, u32>) {
    for parcel in parcels.into_values() {
        label(parcel).await;
    }
}

fn main() {}
