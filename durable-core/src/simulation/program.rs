//! Random programs over the operations, interpreted on the real context.

use std::future::poll_fn;
use std::ops::Range;
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;

use crate::context::Ctx;
use crate::model::{Jitter, Retry};
use crate::operation::{
    LocalBoxFuture, Operation, Place, StepCall, StepInterrupted, attempt, branch, create_callback, invoke, join, map,
    parallel, race, select_ok, sleep, try_join, wait_for_callback, wait_for_condition, with_retry,
};
use crate::value::{Serdes, SerdesContext, SerdesFuture};

/// A piece of a durable function. Each gives a number, or an error.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A step that fails so many times, and is given up after three attempts.
    Step { failures: u32, sealed: bool, panics: bool, turns: u8 },
    /// A step whose attempts begin at most once; whether it did is nobody's business.
    Once { turns: u8 },
    /// A durable timer.
    Sleep { seconds: u64 },
    /// A callback that is completed by the world, or times out before that.
    Callback { timeout: Option<u64>, heartbeat: Option<u64>, submitted: bool },
    /// A callback that is open while something else is done, and whose answer is read after that.
    Early(Box<Node>),
    /// An execution of its own; how that ends depends on how long it takes.
    Invoke { seconds: u32 },
    /// A condition that holds after so many checks, of at most three.
    Condition { checks: i64 },
    /// One after the other; the first error ends it.
    Sequence(Vec<Node>),
    /// The same again and again.
    Repeat { times: u8, body: Box<Node> },
    /// A child context; an error is caught.
    Child(Box<Node>),
    /// The same again until it succeeds, at most three times.
    WithRetry(Box<Node>),
    /// Two at once.
    Join(Box<Node>, Box<Node>),
    /// Two at once; the first error ends it.
    TryJoin(Box<Node>, Box<Node>),
    /// Two at once; the first to end wins.
    Race(Box<Node>, Box<Node>),
    /// Two at once; the first to succeed wins.
    SelectOk(Box<Node>, Box<Node>),
    /// A child context whose result is too large to record.
    Large(Box<Node>),
    /// A group that is not on record.
    Flat(Box<Node>),
    /// The same for some items, so many at a time; their results may be too large to record together.
    Map { items: u8, width: usize, enough: Enough, flat: bool, large: bool, body: Box<Node> },
    /// Several at once.
    Parallel(Box<Node>, Box<Node>),
    /// Several at once, until there are enough.
    Settled { enough: Enough, flat: bool, a: Box<Node>, b: Box<Node> },
}

/// When a map has enough.
#[derive(Debug, Clone, Copy)]
pub(super) enum Enough {
    /// At the first failure.
    FailFast,
    /// When so many have succeeded.
    Succeeded(usize),
    /// When more have failed.
    Failed(usize),
    /// When more than this percentage have failed.
    FailedPercent(u8),
    /// When all have ended.
    All,
}

/// The name of steps whose attempts begin at most once.
pub(super) const ONCE: &str = "once";

fn leaf(turns: Range<u8>) -> impl Strategy<Value = Node> + Clone {
    prop_oneof![
        4 => (0_u32..5, any_bool(), any_bool(), turns).prop_map(|(failures, sealed, panics, turns)| {
            Node::Step { failures, sealed, panics, turns }
        }),
        2 => (1_u64..30).prop_map(|seconds| Node::Sleep { seconds }),
        1 => (proptest::option::of(1_u64..20), proptest::option::of(1_u64..6), proptest::bool::ANY)
            .prop_map(|(timeout, heartbeat, submitted)| Node::Callback { timeout, heartbeat, submitted }),
        1 => (1_u32..12).prop_map(|seconds| Node::Invoke { seconds }),
        1 => (1_i64..5).prop_map(|checks| Node::Condition { checks }),
    ]
}

fn any_bool() -> impl Strategy<Value = bool> + Clone {
    proptest::bool::ANY
}

/// A random program of moderate size in which nothing is a matter of who comes first.
pub(super) fn calm() -> impl Strategy<Value = Node> {
    // An interruption that is found out takes less time than an attempt, so it decides races.
    let leaf = prop_oneof![6 => leaf(0..4), 1 => (0_u8..4).prop_map(|turns| Node::Once { turns })];
    leaf.prop_recursive(4, 16, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let pair = (boxed.clone(), boxed.clone());
        prop_oneof![
            4 => proptest::collection::vec(inner, 1..4).prop_map(Node::Sequence),
            1 => (1_u8..4, boxed.clone()).prop_map(|(times, body)| Node::Repeat { times, body }),
            2 => boxed.clone().prop_map(Node::Child),
            1 => boxed.clone().prop_map(Node::Large),
            1 => boxed.clone().prop_map(Node::Flat),
            1 => boxed.clone().prop_map(Node::WithRetry),
            1 => boxed.clone().prop_map(Node::Early),
            1 => settled_of(Just(Enough::All), pair.clone()),
            2 => pair.prop_map(|(a, b)| Node::Join(a, b)),
            2 => map_of(Just(Enough::All), boxed),
        ]
    })
}

/// A random program of moderate size, in which single operations race.
///
/// Of two that perform several each, a cut may leave one closer to its end than the other, so that it wins.
pub(super) fn any() -> impl Strategy<Value = Node> {
    everything(leaf(0..1), false)
}

/// The same in which everything races, with bodies that take time and steps that may run only once.
pub(super) fn wild() -> impl Strategy<Value = Node> {
    everything(prop_oneof![3 => leaf(0..4), 1 => (0_u8..4).prop_map(|turns| Node::Once { turns })], true)
}

fn everything(leaf: impl Strategy<Value = Node> + Clone + 'static, all_race: bool) -> impl Strategy<Value = Node> {
    leaf.clone().prop_recursive(4, 24, 4, move |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let racer = if all_race { inner.clone() } else { leaf.clone().boxed() }.prop_map(Box::new);
        let (pair, racers) = ((boxed.clone(), boxed.clone()), (racer.clone(), racer.clone()));
        prop_oneof![
            4 => proptest::collection::vec(inner, 1..4).prop_map(Node::Sequence),
            1 => (1_u8..4, boxed.clone()).prop_map(|(times, body)| Node::Repeat { times, body }),
            2 => boxed.clone().prop_map(Node::Child),
            1 => boxed.clone().prop_map(Node::WithRetry),
            1 => boxed.clone().prop_map(Node::Early),
            1 => boxed.clone().prop_map(Node::Large),
            1 => boxed.clone().prop_map(Node::Flat),
            1 => pair.clone().prop_map(|(a, b)| Node::Join(a, b)),
            1 => racers.clone().prop_map(|(a, b)| Node::TryJoin(a, b)),
            2 => racers.clone().prop_map(|(a, b)| Node::Race(a, b)),
            1 => racers.clone().prop_map(|(a, b)| Node::SelectOk(a, b)),
            2 => map_of(enough(), racer),
            1 => map_of(Just(Enough::All), boxed),
            1 => settled_of(enough(), racers.clone()),
            1 => settled_of(Just(Enough::All), pair),
            1 => racers.prop_map(|(a, b)| Node::Parallel(a, b)),
        ]
    })
}

fn map_of(
    enough: impl Strategy<Value = Enough>,
    body: impl Strategy<Value = Box<Node>>,
) -> impl Strategy<Value = Node> {
    let map = (0_u8..4, 1_usize..4, enough, any_bool(), any_bool(), body);
    map.prop_map(|(items, width, enough, flat, large, body)| {
        let enough = match enough {
            Enough::Succeeded(least) if least > usize::from(items) => Enough::All,
            enough => enough,
        };
        Node::Map { items, width, enough, flat, large, body }
    })
}

fn settled_of(
    enough: impl Strategy<Value = Enough>,
    pair: impl Strategy<Value = (Box<Node>, Box<Node>)>,
) -> impl Strategy<Value = Node> {
    (enough, any_bool(), pair).prop_map(|(enough, flat, (a, b))| Node::Settled { enough, flat, a, b })
}

fn enough() -> impl Strategy<Value = Enough> {
    prop_oneof![
        Just(Enough::FailFast),
        (1_usize..3).prop_map(Enough::Succeeded),
        (0_usize..3).prop_map(Enough::Failed),
        (0_u8..100).prop_map(Enough::FailedPercent),
        Just(Enough::All),
    ]
}

const PLACE: Place = Place::here("here");

pub(super) type Value = Result<i64, String>;

/// A branch around a node, as the macro writes it.
macro_rules! branch_of {
    ($node:expr) => {
        branch(async |ctx: Ctx| {
            let output = run(&ctx, $node).await;
            crate::__seal!(output)
        })
    };
}

/// Performs a node.
pub(super) fn run<'a>(ctx: &'a Ctx, node: &'a Node) -> LocalBoxFuture<'a, Value> {
    Box::pin(async move {
        match node {
            Node::Step { failures, sealed, panics, turns } => step(ctx, *failures, *sealed, *panics, *turns).await,
            Node::Once { turns } => once(ctx, *turns).await,
            Node::Sleep { seconds } => {
                sleep(Duration::from_secs(*seconds)).named("sleep").perform_at(ctx, PLACE).await;
                Ok(1)
            }
            Node::Callback { timeout, heartbeat, submitted } => callback(ctx, *timeout, *heartbeat, *submitted).await,
            Node::Invoke { seconds } => {
                let invoked = invoke::<i64>("other", seconds).named("invoke").perform_at(ctx, PLACE).await;
                invoked.map_err(|error| error.to_string())
            }
            Node::Condition { checks } => condition(ctx, *checks).await,
            Node::Sequence(nodes) => {
                let mut sum = 0;
                for node in nodes {
                    sum = sum * 3 + run(ctx, node).await?;
                }
                Ok(sum)
            }
            Node::Repeat { times, body } => {
                let mut sum = 0;
                for _ in 0..*times {
                    sum = sum * 5 + run(ctx, body).await.unwrap_or(-1);
                }
                Ok(sum)
            }
            Node::Child(body) => {
                let caught = branch_of!(body).named("child").perform_at(ctx, PLACE).await;
                Ok(caught.map_or_else(|error| error.len() as i64, |n| n + 7))
            }
            Node::WithRetry(body) => {
                let retried = with_retry(async |ctx: Ctx| {
                    let output = run(&ctx, body).await;
                    crate::__seal!(output)
                });
                let retry = Retry::DEFAULT.max_attempts(3).initial_delay_ms(1_000).jitter(Jitter::None);
                retried.named("with_retry").retry(retry).perform_at(ctx, PLACE).await
            }
            Node::Join(a, b) => {
                let both = join((branch_of!(a).named("a"), branch_of!(b).named("b")));
                let (a, b) = both.perform_at(ctx, PLACE).await;
                Ok(a.unwrap_or(-2) * 2 + b.unwrap_or(-3))
            }
            Node::TryJoin(a, b) => {
                let both = try_join((branch_of!(a), branch_of!(b))).named("try_join");
                both.perform_at(ctx, PLACE).await.map(|(a, b)| a - b)
            }
            Node::Race(a, b) => race((branch_of!(a), branch_of!(b))).named("race").perform_at(ctx, PLACE).await,
            Node::SelectOk(a, b) => {
                select_ok((branch_of!(a), branch_of!(b))).named("select_ok").perform_at(ctx, PLACE).await
            }
            Node::Parallel(a, b) => {
                let all = parallel((branch_of!(a), branch_of!(b))).named("parallel").perform_at(ctx, PLACE).await?;
                Ok(all.iter().sum())
            }
            Node::Settled { enough, flat, a, b } => settled(ctx, *enough, *flat, (a, b)).await,
            Node::Early(body) => {
                let callback = create_callback::<i64>().named("early").perform_at(ctx, PLACE).await;
                let meanwhile = run(ctx, body).await.unwrap_or(-4);
                let answer = callback.await_callback().perform_at(ctx, PLACE).await;
                answer.map(|answer| answer + meanwhile).map_err(|error| error.to_string())
            }
            Node::Large(body) => {
                let large = branch(async |ctx: Ctx| {
                    let output = run(&ctx, body).await.map(|value| padded(value, 2_000));
                    crate::__seal!(output)
                });
                large.named("large").perform_at(ctx, PLACE).await.map(|text| number(&text))
            }
            Node::Flat(body) => branch_of!(body).named("flat").flat().perform_at(ctx, PLACE).await,
            Node::Map { items, width, enough, flat, large, body } => {
                let padding = if *large { 600 } else { 0 };
                batch(ctx, (*items, *width), *enough, *flat, padding, body).await
            }
        }
    })
}

/// Writes a text backwards; what is recorded is no JSON then.
struct Backwards;

impl Serdes for Backwards {
    fn serialize<'a>(&'a self, json: String, _: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { Ok(json.chars().rev().collect()) })
    }

    fn deserialize<'a>(&'a self, text: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        self.serialize(text, at)
    }
}

/// A number with so much behind it.
fn padded(number: i64, padding: usize) -> String {
    format!("{number}{}", "x".repeat(padding))
}

fn number(padded: &str) -> i64 {
    padded.trim_end_matches('x').parse().expect("a number and its padding")
}

/// Returns after so many polls.
async fn turns(turns: u8) {
    for _ in 0..turns {
        let mut polled = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

async fn step(ctx: &Ctx, failures: u32, sealed: bool, panics: bool, takes: u8) -> Value {
    let retry = Retry::DEFAULT.max_attempts(3).initial_delay_ms(2_000).jitter(Jitter::None);
    let step = crate::__step_of!("step", [failures, panics, takes] async move {
        turns(*takes).await;
        let number = attempt();
        match number {
            // Without a message on the terminal.
            1 if *panics && *failures > 0 => std::panic::resume_unwind(Box::new("it panics")),
            _ if number <= *failures => Err(format!("attempt {number}")),
            _ => Ok::<i64, String>(i64::from(number) + 40),
        }
    });
    let step = step.retry(retry);
    match sealed {
        true => step.serdes(Backwards).perform_at(ctx, PLACE).await,
        false => step.perform_at(ctx, PLACE).await,
    }
}

/// The error of a step that may have begun and not ended.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Unknown;

impl From<StepInterrupted> for Unknown {
    fn from(_: StepInterrupted) -> Self {
        Self
    }
}

async fn once(ctx: &Ctx, takes: u8) -> Value {
    let step = crate::__step_of!(ONCE, [takes] async {
        turns(*takes).await;
        Ok::<i64, Unknown>(1)
    });
    let done = step.at_most_once().retry(Retry::NONE).perform_at(ctx, PLACE).await;
    Ok(done.map_or(3, |_| 3))
}

async fn callback(ctx: &Ctx, timeout: Option<u64>, heartbeat: Option<u64>, submitted: bool) -> Value {
    let limit = Duration::from_secs(timeout.unwrap_or(1_000));
    let beat = Duration::from_secs(heartbeat.unwrap_or(1_000));
    let delivered = if submitted {
        let wait = wait_for_callback(async |_| ()).timeout(limit).heartbeat_timeout(beat).named("submitted");
        wait.await_callback::<i64>().perform_at(ctx, PLACE).await
    } else {
        let callback = create_callback::<i64>().timeout(limit).heartbeat_timeout(beat).named("callback");
        let callback = callback.perform_at(ctx, PLACE).await;
        callback.await_callback().perform_at(ctx, PLACE).await
    };
    delivered.map_err(|error| error.to_string())
}

async fn condition(ctx: &Ctx, checks: i64) -> Value {
    let pace = Retry::DEFAULT.max_attempts(3).initial_delay_ms(1_000).jitter(Jitter::None);
    let wait = wait_for_condition((0_i64, checks), async |(seen, checks)| (seen + 1, checks));
    let wait = wait.until(|(seen, checks)| seen >= checks).checks(pace).named("condition");
    wait.perform_at(ctx, PLACE).await.map(|(seen, _)| seen).map_err(|error| error.to_string())
}

async fn batch(
    ctx: &Ctx,
    (items, width): (u8, usize),
    enough: Enough,
    flat: bool,
    padding: usize,
    body: &Node,
) -> Value {
    let map = map(0..i64::from(items), async |ctx: Ctx, n: i64| {
        let output = run(&ctx, body).await.map(|value| padded(value + n, padding));
        crate::__seal!(output)
    });
    let map = map.max_concurrency(width).named("map");
    let map = if flat { map.flat() } else { map };
    let map = match enough {
        Enough::FailFast => {
            let all = map.perform_at(ctx, PLACE).await?;
            return Ok(all.iter().map(|text| number(text)).sum());
        }
        Enough::Succeeded(least) => map.settled().min_successful(least),
        Enough::Failed(most) => map.settled().tolerated_failures(most),
        Enough::FailedPercent(most) => map.settled().tolerated_failure_percentage(most),
        Enough::All => map.settled().all_completed(),
    };
    let batch = map.perform_at(ctx, PLACE).await;
    Ok(batch.results().map(|text| number(text)).sum::<i64>() * 11 + batch.failure_count() as i64)
}

async fn settled(ctx: &Ctx, enough: Enough, flat: bool, (a, b): (&Node, &Node)) -> Value {
    let all = parallel((branch_of!(a), branch_of!(b))).named("settled");
    let all = if flat { all.flat() } else { all };
    let all = match enough {
        Enough::FailFast => return Ok(all.perform_at(ctx, PLACE).await?.iter().sum()),
        Enough::Succeeded(least) => all.settled().min_successful(least),
        Enough::Failed(most) => all.settled().tolerated_failures(most),
        Enough::FailedPercent(most) => all.settled().tolerated_failure_percentage(most),
        Enough::All => all.settled().all_completed(),
    };
    let batch = all.perform_at(ctx, PLACE).await;
    Ok(batch.results().sum::<i64>() * 13 + batch.failure_count() as i64)
}

/// The whole program as the root of a run.
pub(super) fn root(ctx: Ctx, program: Node) -> LocalBoxFuture<'static, crate::value::Recorded> {
    Box::pin(async move {
        let outcome = run(&ctx, &program).await;
        match outcome {
            Ok(value) => crate::value::Recorded::Succeeded(Some(value.to_string())),
            Err(error) => crate::value::Recorded::Failed(crate::model::ErrorObject::new("E", error)),
        }
    })
}
