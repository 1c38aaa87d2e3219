use durable::prelude::*;

#[step]
async fn label(parcel: u32) -> u32 {
    parcel
}

#[durable]
async fn labels(parcels: Vec<u32>) -> Vec<u32> {
    let numbers: Vec<u32> = parcels.iter().map(|_| #[step] rand()).collect();
    parcels.into_iter().chain(numbers).map(|parcel| label(parcel).await).collect()
}

fn rand() -> u32 {
    4
}

fn main() {
    let _ = labels(vec![]);
}
