use durable::prelude::*;

struct Connection;

async fn charge(_connection: Connection) -> u32 {
    0
}

#[step]
async fn refund(_connection: Connection) -> u32 {
    0
}

#[durable]
async fn place_order() {
    let connection = Connection;
    #[step]
    charge(connection).await;
}

fn main() {
    let _ = (place_order(), refund(Connection));
}
