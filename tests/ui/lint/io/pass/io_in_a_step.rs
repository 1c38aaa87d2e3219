//! Files and the network belong into steps.

use std::fs;

use durable::prelude::*;

struct Shelf {
    fs: Vec<String>,
}

#[step]
async fn menu(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| error.to_string())
}

#[durable]
async fn order(path: String) -> Result<usize, String> {
    let menu = menu(&path).await?;
    #[step]
    let size = async {
        let metadata = tokio::fs::metadata(&path).await.map_err(|error| error.to_string())?;
        Ok::<_, String>(metadata.len())
    }
    .await?;
    #[step]
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let shelf = Shelf { fs: vec![menu, text] };
    Ok(shelf.fs.len() + size as usize)
}
