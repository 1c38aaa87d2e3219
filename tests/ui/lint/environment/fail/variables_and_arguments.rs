use std::env;

use durable::prelude::*;

#[durable]
async fn place_order(count: usize) -> Result<String, String> {
    use std::env::var as variable;

    let bucket = env::var("BUCKET").map_err(|error| error.to_string())?;
    let region = variable("REGION").unwrap_or_default();
    let first = std::env::args().nth(count);
    if std::process::id() == 1 {
        std::process::exit(3);
    }
    Ok(format!("{bucket} {region} {first:?} {:?}", env::current_dir()))
}

fn main() {
    let _ = place_order(1);
}
