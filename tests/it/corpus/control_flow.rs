//! Loops, labels, patterns, shadowing and early returns.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;

use durable::prelude::*;

use super::world::{Order, Parcel, ShopError, parse, weigh};

#[step]
async fn ask(question: &str) -> Option<u32> {
    parse(question)
}

#[step]
async fn page(number: u32) -> Vec<u32> {
    vec![number]
}

#[durable]
async fn pages(limit: u32) -> Vec<u32> {
    let mut all = vec![];
    let mut number = 0;
    loop {
        let page = page(number).await;
        if page.is_empty() || number >= limit {
            break all;
        }
        all.extend(page);
        number += 1;
    }
}

#[durable]
async fn until_answered(question: String) -> u32 {
    let mut wait = seconds(1);
    loop {
        if let Some(answer) = ask(&question).await {
            return answer;
        }
        sleep(wait).await;
        wait = (wait * 2).min(hours(1));
    }
}

#[durable]
async fn let_else(question: String) -> Result<u32, String> {
    let Some(answer) = ask(&question).await else {
        return Err(format!("no answer to {question}"));
    };
    let Ok(doubled) = u32::try_from(u64::from(answer) * 2) else { return Ok(u32::MAX) };
    Ok(doubled)
}

#[durable]
async fn let_chains(order: Option<Order>) -> u32 {
    if let Some(order) = &order
        && let Some(first) = order.parcels.first()
        && first.weight > 3
        && !order.express
    {
        #[step]
        let weight = weigh(first).await;
        return weight;
    }
    0
}

#[durable]
async fn labelled(rows: Vec<Vec<Parcel>>) -> Option<u32> {
    let found = 'search: {
        for row in &rows {
            for parcel in row {
                #[step]
                let weight = weigh(parcel).await;
                if weight > 10 {
                    break 'search Some(weight);
                }
            }
        }
        None
    };
    'outer: for row in rows {
        for parcel in row {
            if parcel.weight == 7 {
                continue 'outer;
            }
            if parcel.weight == 8 {
                break 'outer;
            }
        }
        sleep(seconds(1)).await;
    }
    found
}

#[durable]
async fn shadowing(text: String) -> u32 {
    let value = text.len() as u32;
    #[step]
    let value = u32::pow(value, 2);
    let value = value + 1;
    let text = {
        let text = text.trim();
        text.to_owned()
    };
    #[step(name = "again")]
    let value = u32::max(value, text.len() as u32);
    value
}

#[durable]
async fn while_let(mut queue: VecDeque<u32>) -> u32 {
    let mut total = 0;
    while let Some(next) = queue.pop_front() {
        let found = page(next).await;
        total += found.iter().sum::<u32>();
        if next > 1 && next % 2 == 0 {
            queue.push_back(next / 2);
        }
    }
    total
}

#[durable]
async fn nested_matches(left: Option<u32>, right: Result<u32, String>) -> u32 {
    match (left, right) {
        (Some(left @ 1..=9), Ok(right)) => match ask("both").await {
            Some(sum) if sum == left + right => sum,
            Some(_) | None => 0,
        },
        (Some(n), _) | (_, Ok(n)) => n,
        (None, Err(text)) => {
            sleep(seconds(1)).await;
            text.len() as u32
        }
    }
}

#[durable]
async fn control_flow(numbers: Vec<u32>) -> u32 {
    let flow = numbers.iter().try_fold(0_u32, |sum, number| {
        if *number > 100 { ControlFlow::Break(sum) } else { ControlFlow::Continue(sum + number) }
    });
    match flow {
        ControlFlow::Break(sum) => page(sum).await.len() as u32,
        ControlFlow::Continue(sum) => sum,
    }
}

#[durable]
async fn maps(prices: HashMap<String, u32>, order: BTreeMap<u32, String>) -> Vec<u32> {
    let mut found = Vec::new();
    for name in order.values() {
        if let Some(price) = prices.get(name) {
            found.extend(page(*price).await);
        }
    }
    let highest = prices.values().max().copied().unwrap_or_default();
    let mut sorted: Vec<_> = prices.into_iter().collect();
    sorted.sort();
    for (name, price) in sorted {
        found.push(price + name.len() as u32);
        sleep(seconds(u64::from(highest.min(3)))).await;
    }
    found
}

#[durable]
async fn countdown(from: u32) -> String {
    for left in (1..=from).rev().step_by(2) {
        let pause = if left > 3 { minutes(1) } else { seconds(1) };
        sleep(pause).await;
    }
    "lift-off".to_owned()
}

/// Who returns after an operation does not come to the next one of its name.
#[durable]
async fn one_name_on_two_ways_out(order: Order) -> Result<u64, ShopError> {
    let Some(first) = order.parcels.first() else {
        sleep(seconds(1)).await;
        return Err(ShopError::Declined);
    };
    if first.weight > 100 {
        sleep(seconds(2)).await;
        return Err(ShopError::OutOfStock { left: 0 });
    }
    match order.id {
        0 => {
            return Ok(async {
                sleep(seconds(3)).await;
                1
            }
            .named("nothing")
            .await);
        }
        1 => {
            sleep(seconds(4)).await;
            panic!("it can't be");
        }
        _ => {}
    }
    sleep(seconds(5)).await;
    Ok(order.id)
}
