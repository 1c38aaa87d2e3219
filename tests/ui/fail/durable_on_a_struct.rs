use durable::prelude::*;

#[durable]
struct Order;

#[step]
struct Parcel;

fn main() {
    let _ = (Order, Parcel);
}
