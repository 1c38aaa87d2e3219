//! Every place where `#[step]` may stand.

use durable::prelude::*;

async fn price(order: u32) -> u32 {
    order
}

#[derive(Debug)]
struct Total {
    sum: u32,
}

#[durable]
async fn total(order: u32) -> u32 {
    #[step]
    price(order).await;
    #[step(name = "let")]
    let value = price(order).await;
    let inline = #[step(name = "inline let")]
    price(order).await;
    let tuple = (
        #[step(name = "tuple")]
        price(order).await,
        1,
    );
    let array = [#[step(name = "array")]
    price(order).await; 1];
    let total = Total {
        sum: #[step(name = "field")]
        price(order).await,
    };
    let called = u32::max(
        1,
        #[step(name = "argument")]
        price(order).await,
    );
    let chained = array.iter().copied().min_by_key(|price| *price).map_or(
        #[step(name = "method argument")]
        price(1).await,
        |price| price,
    );
    if #[step(name = "condition")]
    price(order).await.eq(&7)
    {
        return #[step(name = "return")]
        price(order).await;
    }
    while #[step(name = "while")]
    price(order).await.eq(&8)
    {}
    let broken = loop {
        break #[step(name = "break")]
        price(order).await;
    };
    for _ in #[step(name = "for")]
    price(order).await.to_string().chars()
    {}
    let matched = match #[step(name = "scrutinee")]
    price(order).await
    {
        0 =>
        {
            #[step(name = "arm")]
            price(order).await
        }
        _ => 1,
    };
    let Some(other) = #[step(name = "let else")]
    price(order).await.checked_add(1) else {
        return 0;
    };
    let branch = async {
        #[step(name = "in branch")]
        price(order).await
    }
    .await;
    let formatted = format!(
        "{}",
        #[step(name = "in macro")]
        price(order).await
    );
    let parenthesised = (#[step(name = "parentheses")]
    price(order).await);
    let all =
        value + inline + tuple.0 + total.sum + called + chained + broken + matched + other + branch + parenthesised;
    #[step(name = "tail")]
    price(all + formatted.len() as u32).await
}
