use durable::prelude::*;

#[derive(Clone)]
struct Order;

#[durable]
async fn place_order(order: Order) {
    let _ = order;
}

#[durable]
async fn place_orders(count: u32, orders: Vec<Order>, text: String) {
    let _ = (count, orders, text);
}

fn main() {
    let _ = (place_order(Order), place_orders(1, vec![], String::new()));
}
