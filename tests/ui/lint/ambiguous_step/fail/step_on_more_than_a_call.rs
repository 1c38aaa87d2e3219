use durable::prelude::*;

async fn quote(_amount: u32) -> u32 {
    0
}

fn parse(_text: &str) -> Result<u32, String> {
    Ok(0)
}

#[durable]
async fn price(text: String) -> Result<u32, String> {
    #[step]
    let total = quote(1).await + 1;
    #[step]
    let quoted = quote(parse(&text)?).await;
    #[step]
    let rounded = round(quote(2).await);
    Ok(total + quoted + rounded)
}

fn round(amount: u32) -> u32 {
    amount
}

fn main() {
    let _ = price(String::new());
}
