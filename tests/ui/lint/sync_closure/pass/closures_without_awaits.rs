//! Closures that only compute, and loops that perform.

use durable::prelude::*;

#[step]
async fn label(parcel: u32) -> String {
    parcel.to_string()
}

#[durable]
async fn labels(parcels: Vec<u32>) -> Vec<String> {
    let mut heavy: Vec<u32> = parcels.iter().copied().filter(|parcel| *parcel > 3).collect();
    heavy.sort_by_key(|parcel| std::cmp::Reverse(*parcel));
    let mut labels = Vec::new();
    for parcel in heavy.iter().map(|parcel| parcel + 1) {
        labels.push(label(parcel).await);
    }
    labels
}
