//! Durable functions that macros write: what is handed to the macro is performed and recorded like what it brings along.

use durable::prelude::*;

use crate::history::{names, notation};

#[step]
async fn weigh(parcel: u32) -> u32 {
    parcel * 2
}

async fn label(parcel: u32) -> u32 {
    parcel + 1
}

macro_rules! around {
    ($name:ident($($parameter:ident: $ty:ty),*), $body:block) => {
        #[durable]
        async fn $name($($parameter: $ty),*) -> u32 {
            let before = weigh(1).named("before").await;
            let value: u32 = $body;
            before + value
        }
    };
}

macro_rules! written {
    ($name:ident($parameter:ident), $value:ident = $given:expr, $($rest:tt)*) => {
        #[durable]
        async fn $name($parameter: u32) -> u32 {
            let $value: u32 = $given;
            $($rest)*
        }
    };
}

macro_rules! statements {
    ($name:ident($parameter:ident), [$($statement:stmt;)*] $last:expr) => {
        #[durable]
        async fn $name($parameter: u32) -> u32 {
            $($statement)*
            $last
        }
    };
}

around!(block(parcel: u32), {
    let weight = weigh(parcel).await;
    #[step]
    let label = label(weight).await;
    if label > 0 { weigh(label).named("again").await } else { 0 }
});

written!(tokens(parcel), value = weigh(parcel).await + 1, {
    #[step]
    let label = label(value).await;
    let (left, right) = join((async { weigh(label).await }, async { weigh(value).await })).await;
    left + right
});

statements!(lines(parcel), [let first = weigh(parcel).await; let second = weigh(first).named("second").await;] {
    first + weigh(second).named("third").await
});

#[tokio::test]
async fn the_body_given_to_a_macro_is_recorded() {
    let engine = Engine::in_memory().register(block).register(tokens).register(lines).start().await.unwrap();
    let run = engine.start(block(3)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 16);
    let recorded = names(&engine, run.id()).await;
    let ended: Vec<&str> = recorded.iter().filter_map(|name| name.strip_prefix("S+ ")).collect();
    assert_eq!(ended, ["before", "weigh", "label", "again"]);
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ S0 S+ S0 S+ S0 S+ . X+");

    let run = engine.start(tokens(3)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 30);
    let recorded = names(&engine, run.id()).await;
    assert_eq!(recorded.first().map(String::as_str), Some("S0 weigh"));
    assert!(recorded.contains(&"C+ left".to_owned()) && recorded.contains(&"C+ right".to_owned()), "{recorded:?}");

    let run = engine.start(lines(1)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 10);
    let recorded = names(&engine, run.id()).await;
    let ended: Vec<&str> = recorded.iter().filter_map(|name| name.strip_prefix("S+ ")).collect();
    assert_eq!(ended, ["weigh", "second", "third"]);
}

macro_rules! step_of_block {
    ($name:ident, $body:block) => {
        #[step]
        async fn $name() -> u32 $body
    };
}

macro_rules! step_of_expr {
    ($name:ident, $value:expr) => {
        #[step]
        async fn $name(parcel: u32) -> u32 {
            // A variable of this name has the body looked at, which must not change what it means.
            let step = parcel;
            $value * step
        }
    };
}

macro_rules! step_of_item {
    ($item:item) => {
        #[step]
        $item
    };
}

step_of_block!(three, { 3 });
step_of_expr!(sum, 1 + 2);
step_of_item! {
    async fn twice(parcel: u32) -> u32 {
        parcel * 2
    }
}

#[durable]
async fn of_macros(parcel: u32) -> u32 {
    three().await + sum(parcel).await + twice(parcel).await
}

#[tokio::test]
async fn a_step_is_what_the_macro_says() {
    let engine = Engine::in_memory().register(of_macros).start().await.unwrap();
    assert_eq!(engine.start(of_macros(5)).await.unwrap().output().await.unwrap(), 3 + (1 + 2) * 5 + 2 * 5);
}
