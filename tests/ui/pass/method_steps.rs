//! Steps on method chains, and a `?` of another error type.

use durable::prelude::*;

#[derive(Clone)]
struct Client;

struct Request<'a>(&'a Client, String);

impl Client {
    fn post<'a>(&'a self, url: &str) -> Request<'a> {
        Request(self, url.to_owned())
    }
}

impl Request<'_> {
    async fn send(self) -> anyhow::Result<String> {
        Ok(self.1)
    }
}

#[durable]
async fn post(url: String) -> anyhow::Result<usize> {
    let client = Client;
    #[step]
    let answer = client.post(&url).send().await?;
    #[step(name = "retry", retry(max_attempts = 2))]
    let length = client.post(&answer).send().await?.trim().len();
    let Ok(parsed) = #[step] answer.parse::<usize>().map_err(|error| error.to_string()) else {
        return Ok(length);
    };
    Ok(parsed)
}

fn main() {
    let _ = post(String::new());
}
