//! Configuration is read in a step, given as state, or fixed when the code is compiled.

use durable::prelude::*;

#[derive(Clone)]
struct Config {
    bucket: String,
}

mod process {
    pub(super) fn id(order: u32) -> u32 {
        order
    }
}

#[durable]
async fn upload(State(config): State<Config>, order: u32) -> String {
    #[step]
    let region = std::env::var("REGION").unwrap_or_default();
    let crate_name = env!("CARGO_PKG_NAME");
    format!("{} {region} {crate_name} {}", config.bucket, self::process::id(order))
}
