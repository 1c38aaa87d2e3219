//! The type of a `let` decides what its step or branch returns.
#![deny(warnings)]

use durable::prelude::*;

async fn load<T: Default>() -> T {
    T::default()
}

async fn fetch<T: Default>() -> anyhow::Result<T> {
    Ok(T::default())
}

#[durable]
async fn types(letters: String) -> anyhow::Result<usize> {
    #[step]
    let collected: Vec<char> = letters.chars().collect();
    #[step]
    let loaded: Vec<u32> = load().await;
    #[step]
    let fetched: Option<bool> = fetch().await?;
    let branch: Result<u32, String> = async {
        #[step]
        let number: u32 = letters.parse().unwrap_or_default();
        if number > 3 {
            return Err("too many".into());
        }
        Ok(number)
    }
    .await;
    Ok(collected.len() + loaded.len() + usize::from(fetched.is_some()) + usize::from(branch.is_ok()))
}

fn main() {
    let _ = types(String::new());
}
