use std::rc::Rc;

use durable::prelude::*;

struct App;

#[durable]
async fn place_order(State(app): State<App>, count: u32) -> u32 {
    let App = app;
    count
}

#[durable]
async fn place_orders(State(app): State<Rc<u32>>) -> u32 {
    *app
}

fn main() {
    let _ = (place_order(1), place_orders());
}
