//! Callbacks, timers, conditions and races.

use durable::prelude::*;
use serde::{Deserialize, Serialize};

use super::world::{Order, ShopError, fetch, mail};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    by: String,
    granted: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Decision {
    Approved { by: String },
    Refused,
    Late,
}

async fn ask_for_approval(id: &str, order: &Order) -> anyhow::Result<()> {
    mail(&order.customer, id.to_owned()).await
}

#[step]
async fn remind(who: &str) -> Result<(), String> {
    mail(who, "please decide".to_owned()).await.map_err(|error| error.to_string())
}

#[durable]
async fn approve(order: Order) -> Decision {
    let decided = wait_for_callback(async |id| ask_for_approval(&id.to_string(), &order).await)
        .timeout(days(3))
        .await_callback::<Approval>();
    match decided {
        Ok(Approval { by, granted: true }) => Decision::Approved { by },
        Ok(_) => Decision::Refused,
        Err(CallbackError::TimedOut) => Decision::Late,
        Err(_) => Decision::Refused,
    }
}

#[durable]
async fn approve_with_callback(order: Order) -> Result<Approval, ShopError> {
    let callback = create_callback::<Approval>().timeout(hours(12)).await;
    let id = callback.id().to_string();
    #[step]
    let asked = ask_for_approval(&id, &order).await;
    if let Err(error) = asked {
        return Err(ShopError::Other(format!("nobody asked: {error}")));
    }
    callback.await_callback().map_err(|error| ShopError::Other(error.to_string()))
}

#[durable]
async fn two_approvals(order: Order) -> bool {
    let first = create_callback::<Approval>().await;
    let second = create_callback::<Approval>().await;
    #[step]
    let texts = [first.id().to_string(), second.id().to_string()].join(" ");
    #[step]
    let mailed = mail(&order.customer, texts).await;
    mailed.is_ok() && first.await_callback().is_ok_and(|first| first.granted) && second.await_callback().is_ok()
}

#[durable]
async fn reminders(people: Vec<String>) -> u32 {
    let mut sent = 0;
    for day in 1..=3_u64 {
        for person in &people {
            if remind(person).await.is_ok() {
                sent += 1;
            }
        }
        sleep(days(day)).await;
    }
    sent
}

#[durable]
async fn first_answer(left: String, right: String) -> usize {
    race((
        async {
            #[step]
            let text = fetch(&left).await;
            text.map_or(0, |text| text.len())
        },
        async {
            #[step]
            let text = fetch(&right).await;
            text.map_or(0, |text| text.len())
        },
    ))
    .await
}

#[durable]
async fn within_an_hour(url: String) -> Option<String> {
    race((
        async {
            #[step]
            let text = fetch(&url).await;
            text.ok()
        },
        async {
            sleep(hours(1)).await;
            None
        },
    ))
    .named("fetch or give up")
    .await
}

#[durable]
async fn escalate(order: Order, people: Vec<String>) -> Option<String> {
    for person in people {
        let answer = wait_for_callback(async |id| mail(&person, format!("{id} {}", order.id)).await)
            .timeout(minutes(30))
            .await_callback::<bool>();
        if let Ok(true) = answer {
            return Some(person);
        }
    }
    None
}

#[durable]
async fn all_or_nothing(urls: (String, String)) -> anyhow::Result<usize> {
    let (left, right) = &urls;
    let (left, right) = try_join((
        async {
            #[step]
            let text = fetch(left).await?;
            anyhow::Ok(text)
        },
        async {
            #[step]
            let text = fetch(right).await?;
            anyhow::Ok(text)
        },
    ))
    .await?;
    Ok(left.len() + right.len())
}

#[durable]
async fn subscription(customer: String, months: u32) -> u32 {
    let mut paid = 0;
    for month in 0..months {
        let person = customer.as_str();
        #[step(retry(max_attempts = 10, initial_delay = "1h", max_delay = "1d"))]
        let mailed = mail(person, format!("month {month}")).await;
        if mailed.is_err() {
            break;
        }
        paid += 1;
        sleep(days(30)).await;
    }
    paid
}
