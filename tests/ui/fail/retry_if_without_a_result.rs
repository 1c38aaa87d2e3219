use durable::prelude::*;

#[step(retry(if = |error: &String| error.is_empty()))]
async fn weigh(parcel: u32) -> u32 {
    parcel
}

#[durable]
async fn ship(parcel: u32) -> u32 {
    #[step(retry(if = |error| *error == parcel))]
    let label = async { parcel }.await;
    label + weigh(parcel).await
}

fn main() {
    let _ = ship(1);
}
