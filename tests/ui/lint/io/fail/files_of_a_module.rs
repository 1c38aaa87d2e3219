use std::fs::{self, File};
use std::path::PathBuf;

use durable::prelude::*;

#[durable]
async fn place_order(path: PathBuf) -> Result<usize, String> {
    fs::write(&path, "order").map_err(|error| error.to_string())?;
    let bytes = fs::read(&path).unwrap_or_default();
    let file = File::create_new(&path).is_ok();
    if path.exists() {
        fs::rename(&path, "old").map_err(|error| error.to_string())?;
    }
    let path = path.canonicalize().map_err(|error| error.to_string())?;
    Ok(bytes.len() + usize::from(file) + path.components().count())
}

#[durable]
async fn read_menu(path: PathBuf) -> Result<String, Box<dyn std::error::Error>> {
    let menu = fs::read_to_string(&path)?;
    Ok(menu)
}

fn main() {
    let _ = (place_order(PathBuf::new()), read_menu(PathBuf::new()));
}
