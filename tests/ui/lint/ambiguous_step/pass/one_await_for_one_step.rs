//! A step covers one await with what it is called on; what follows is not part of it.

use durable::prelude::*;

#[derive(Clone)]
struct Client;

impl Client {
    fn get(&self, _path: &str) -> Self {
        Self
    }

    async fn send(self) -> Result<Vec<String>, String> {
        Ok(vec![])
    }
}

#[durable]
async fn fetch(path: String) -> Result<usize, String> {
    #[step]
    let lines = Client.get(&path).send().await?.into_iter().map(|line| line.len()).sum::<usize>();
    #[step]
    let count = path.parse::<usize>().map_err(|error| error.to_string())?;
    #[step(name = "both")]
    let both = async {
        let one = Client.send().await?;
        let two = Client.send().await?;
        Ok::<_, String>(one.len() + two.len())
    }
    .await?;
    Ok(lines + count + both)
}
