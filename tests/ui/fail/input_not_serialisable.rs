use durable::prelude::*;

#[derive(Clone)]
struct Order;

#[durable]
async fn place_order(order: Order) {
    let _ = order;
}

#[durable]
async fn place_orders(count: u32, orders: Vec<Order>) {
    let _ = (count, orders);
}

fn main() {
    let _ = (place_order(Order), place_orders(1, vec![]));
}
