use std::fs;
use std::fs::File;
use std::net::TcpStream;

use durable::prelude::*;

#[durable]
async fn place_order(path: String) -> Result<String, String> {
    use std::fs::read_to_string as read;

    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let again = read(&path).unwrap_or_default();
    let file = File::open(&path).is_ok();
    let stream = TcpStream::connect("localhost:80").is_ok();
    if std::fs::remove_file(path).is_err() {
        return Err(text);
    }
    Ok(format!("{again} {file} {stream}"))
}

fn main() {
    let _ = place_order(String::new());
}
