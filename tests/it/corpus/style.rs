//! Macros, attributes, nested items, comments and unusual layout.

use std::fmt::Write as _;

use durable::prelude::*;
use durable::{durable as lasting, step as record};

use super::world::{Order, ShopError, fetch, parse, weigh};

macro_rules! square {
    ($value:expr) => {
        $value * $value
    };
}

macro_rules! steps {
    ($($name:ident = $result:expr;)+) => {
        $(
            #[step]
            async fn $name() -> u32 {
                $result
            }
        )+
    };
}

steps! {
    one = 1;
    two = 2;
}

/// Is documented.
///
/// # Errors
/// When there is nothing.
#[durable]
#[must_use]
#[doc(alias = "commented")]
pub(super) async fn documented(
    // The order.
    #[allow(unused_variables)] order: Order,
) -> Result<u32, ShopError> {
    /* nothing yet */
    Ok(1)
}

#[durable]
async fn macros(order: Order) -> Result<String, ShopError> {
    let mut text = String::new();
    write!(text, "{}", order.id)?;
    writeln!(text, "{:>width$}", order.customer, width = 3 + one().await as usize)?;
    let weights = vec![two().await, order.parcels.len() as u32];
    assert!(matches!(weights.as_slice(), [_, _]), "two of them");
    debug_assert_eq!(weights.len(), 2);
    let squared = square!(weights[0] + 1);
    let line = concat!("a", "b").len() + stringify!(nothing at all).len() + line!() as usize;
    let included = include_str!("world.rs").len() > 3 && cfg!(debug_assertions);
    if !included && line > 3 {
        unreachable!("{text}");
    }
    Ok(format!("{text}{squared}"))
}

#[durable]
async fn json(order: Order) -> String {
    let value = serde_json::json!({ "id": order.id, "parcels": order.parcels, "now": null, "spawn": "tokio::spawn" });
    value.to_string()
}

#[durable]
async fn nested_items(number: u32) -> u32 {
    const LIMIT: u32 = 7;
    use std::cmp::Ordering;

    #[derive(Clone, Copy)]
    enum Size {
        Small,
        Large,
    }

    impl Size {
        fn of(number: u32) -> Self {
            match number.cmp(&LIMIT) {
                Ordering::Less | Ordering::Equal => Self::Small,
                Ordering::Greater => Self::Large,
            }
        }
    }

    #[step]
    async fn measured(number: u32) -> u32 {
        number
    }

    fn now() -> u32 {
        3
    }

    let size = Size::of(measured(number).await);
    match size {
        Size::Small => now(),
        Size::Large => LIMIT,
    }
}

#[lasting]
async fn renamed_attributes(text: String) -> Option<u32> {
    sleep(seconds(1)).await;
    parse(&text)
}

#[record]
async fn renamed_step(text: &str) -> usize {
    text.len()
}

#[durable::durable]
async fn full_paths(text: String) -> usize {
    #[durable::step]
    let fetched = fetch(&text).await;
    durable::sleep(durable::seconds(1)).await;
    fetched.map_or(0, |text| text.len()) + renamed_step(&text).await
}

#[durable]
async fn raw_identifiers(r#type: String, r#match: u32) -> usize {
    #[step]
    let r#loop = r#type.len();
    r#loop + r#match as usize
}

#[durable]
async fn unicode(größe: u32, naïve: String) -> u32 {
    #[step]
    let sum = größe + naïve.len() as u32;
    sum
}

#[durable]
async fn user_names(ctx: u32, input: u32, result: u32) -> u32 {
    let step = ctx + input;
    let operation = |place: u32| place + step;
    let branch = async { operation(result) }.await;
    let __ctx = branch;
    __ctx
}

#[durable]
async fn attributes(order: Order) -> u32 {
    #[allow(unused_mut)]
    let mut first = 1;
    #[step]
    #[allow(unused_variables)]
    let weight = weigh(&order.parcels[0]).await;
    #[cfg(any())]
    let first = "not compiled";
    #[cfg(not(any()))]
    sleep(seconds(1)).await;
    #[rustfmt::skip]
    let   spaced   =   first   ;
    spaced
}

#[durable]
async fn const_blocks(number: u32) -> u32 {
    let doubled = const { 2 + 2 } * number;
    let letter = const { b'a' };
    doubled + u32::from(letter)
}

#[durable]
async fn semicolons(count: u32) {
    if count == 0 {
        return;
    }
    sleep(seconds(1)).await;
    let _ = one().await;
    let _unused = two().await;
    (sleep(seconds(1)).named("once more")).await;
}

#[durable]
async fn nested_calls(count: u32) -> u32 {
    u32::max(u32::min(one().await, two().await), (one().named("one again").await + count).pow(2))
}

#[durable]
async fn operators(count: u32) -> bool {
    let sum = one().await + two().await * 3 - count;
    !(sum > 4 && one().named("other one").await == 1) || -(i64::from(two().named("other two").await)) < 0
}

/// What is not configured is not compiled, and what is only there instead may have its name.
#[durable]
async fn configured(order: Order) -> u32 {
    #[cfg(any())]
    not_there(&order).await;
    #[cfg(any())]
    not_there(&order).await.or_this();
    #[cfg(any())]
    let _ = not_there(&order).await;
    #[cfg(any())]
    wait_for_callback(async |id| not_there(id).await).await_callback::<Nothing>();
    #[cfg(any())]
    async {
        not_there(&order).await
    };
    #[cfg(debug_assertions)]
    one().await;
    #[cfg(not(debug_assertions))]
    one().await;
    #[allow(unused_must_use)]
    two().await;
    match order.id {
        #[cfg(any())]
        0 => not_there(&order).await,
        _ => order.parcels.len() as u32,
    }
}

mod fs {
    pub(super) fn read(text: &str) -> usize {
        text.len()
    }
}

mod process {
    pub(super) fn id(number: u64) -> u64 {
        number
    }
}

struct Client;

impl Client {
    fn new() -> Self {
        Self
    }

    fn builder() -> Self {
        Self
    }
}

struct Runtime;

impl Runtime {
    fn new() -> Self {
        Self
    }
}

struct Handle;

impl Handle {
    fn current() -> Self {
        Self
    }
}

/// Named like what lints look for, and something else.
#[durable]
async fn namesakes(order: Order) -> u64 {
    let (_client, _builder, _runtime, _handle) = (Client::new(), Client::builder(), Runtime::new(), Handle::current());
    let cell = std::cell::OnceCell::new();
    let length = *cell.get_or_init(|| self::fs::read(&order.customer));
    process::id(order.id) + length as u64
}
