use std::time::{Duration, SystemTime};

use durable::prelude::*;

#[durable]
async fn place_order(count: u32) -> String {
    let times: Vec<SystemTime> = (0..count).map(|_| SystemTime::now()).collect();
    let text = match times.first() {
        Some(first) => format!("{first:?} {:?}", SystemTime::now()),
        None => {
            let nested = vec![SystemTime::now(); 2];
            format!("{nested:?}")
        }
    };
    let value = None.unwrap_or_else(SystemTime::now);
    let branch = async { SystemTime::now() < value }.await;
    assert!(matches!(value.duration_since(SystemTime::now()), Ok(Duration::ZERO)));
    let json = serde_json::json!({ "at": { "time": SystemTime::now() } });
    format!("{text} {branch} {json}")
}

fn main() {
    let _ = place_order(1);
}
