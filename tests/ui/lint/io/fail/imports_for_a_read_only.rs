#![deny(warnings)]

use std::path::PathBuf;

use durable::prelude::*;
use tokio::fs;

fn folder() -> PathBuf {
    PathBuf::from("/tmp")
}

#[durable]
async fn count_lines(name: String) -> usize {
    let text = fs::read_to_string(folder().join(name)).await.unwrap();
    text.lines().count()
}

fn main() {
    let _ = count_lines(String::new());
}
