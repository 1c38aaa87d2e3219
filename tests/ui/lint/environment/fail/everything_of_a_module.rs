use durable::prelude::*;

#[durable]
async fn place_order(named: bool) -> String {
    if named {
        use std::env::*;
        var("NAME").unwrap_or_default()
    } else {
        use std::env::var_os as var;
        var("PLACE").map_or_else(String::new, |place| place.to_string_lossy().into_owned())
    }
}

fn main() {
    let _ = place_order(true);
}
