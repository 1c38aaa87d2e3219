//! One site in a loop, sites in different arms or branches, and sites with names of their own.

use durable::prelude::*;

async fn notify(_who: u32) -> u32 {
    0
}

#[durable]
async fn tell(people: Vec<u32>, loud: bool) -> u32 {
    let mut total = 0;
    for person in people {
        #[step]
        let told = notify(person).await;
        total += told;
    }
    match total {
        0 =>
        {
            #[step(name = "nobody")]
            notify(1).await
        }
        1 =>
        {
            #[step(name = "tell one")]
            notify(1).await
        }
        _ if loud =>
        {
            #[step(name = "tell all")]
            notify(2).await
        }
        _ =>
        {
            #[step(name = "tell all")]
            notify(3).await
        }
    };
    let (left, right) = join((
        async {
            #[step]
            notify(1).await
        },
        async {
            #[step]
            notify(2).await
        },
    ))
    .await;
    sleep(seconds(1)).await;
    sleep(seconds(1)).named("once more").await;
    left + right
}

#[step]
async fn reserve(item: u32) -> u32 {
    item
}

/// A variable is called by what it holds, and what has no name of its own by its number.
#[durable]
async fn in_variables(item: u32) -> u32 {
    let first = reserve(item);
    let second = reserve(item).named("reserve the other");
    let pause = sleep(seconds(1));
    let other = sleep(seconds(1));
    let (first, second, ..) = join((first, second, pause, other)).await;
    let first = async { first };
    let reserve = async { second };
    let both = join((first, reserve)).await;
    both.0
}

/// Each race has a context of its own.
#[durable]
async fn in_races(item: u32) -> u32 {
    let first = race((reserve(item), async { 1 })).await;
    let second = race((reserve(item), async { 1 })).await;
    first + second
}
