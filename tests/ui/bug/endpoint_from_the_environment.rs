//! A deploy changes the variable, and running orders change their way.

use durable::prelude::*;

#[durable]
async fn order() -> u32 {
    if std::env::var("NEW_SHOP").is_ok() {
        sleep(hours(1)).named("new").await;
    }
    1
}

fn main() {}
