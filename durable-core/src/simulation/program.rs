//! Random programs over the operations, interpreted on the real context.

use std::time::Duration;

use proptest::prelude::*;

use crate::context::Ctx;
use crate::model::{Jitter, Retry};
use crate::operation::{
    LocalBoxFuture, Operation, Place, StepCall, attempt, branch, create_callback, invoke, join, map, parallel, race,
    select_ok, sleep, try_join, wait_for_callback, wait_for_condition, with_retry,
};
use crate::value::{Serdes, SerdesContext, SerdesFuture};

/// A piece of a durable function. Each gives a number, or an error.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A step that fails so many times; it is given up after three attempts.
    Step { failures: u32, sealed: bool },
    /// A durable timer.
    Sleep { seconds: u64 },
    /// A callback that is completed by the world, or times out before that.
    Callback { timeout: Option<u64>, heartbeat: Option<u64>, submitted: bool },
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
    /// The same for some items, so many at a time.
    Map { items: u8, width: usize, enough: Option<usize>, flat: bool, body: Box<Node> },
    /// Several at once.
    Parallel(Box<Node>, Box<Node>),
}

/// A random program of moderate size.
pub(super) fn any() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        4 => (0_u32..5, proptest::bool::ANY).prop_map(|(failures, sealed)| Node::Step { failures, sealed }),
        2 => (1_u64..30).prop_map(|seconds| Node::Sleep { seconds }),
        1 => (proptest::option::of(1_u64..20), proptest::option::of(1_u64..6), proptest::bool::ANY)
            .prop_map(|(timeout, heartbeat, submitted)| Node::Callback { timeout, heartbeat, submitted }),
        1 => (1_u32..12).prop_map(|seconds| Node::Invoke { seconds }),
        1 => (1_i64..5).prop_map(|checks| Node::Condition { checks }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let pair = (boxed.clone(), boxed.clone());
        prop_oneof![
            4 => proptest::collection::vec(inner, 1..4).prop_map(Node::Sequence),
            1 => (1_u8..4, boxed.clone()).prop_map(|(times, body)| Node::Repeat { times, body }),
            2 => boxed.clone().prop_map(Node::Child),
            1 => boxed.clone().prop_map(Node::WithRetry),
            1 => pair.clone().prop_map(|(a, b)| Node::Join(a, b)),
            1 => pair.clone().prop_map(|(a, b)| Node::TryJoin(a, b)),
            2 => pair.clone().prop_map(|(a, b)| Node::Race(a, b)),
            1 => pair.clone().prop_map(|(a, b)| Node::SelectOk(a, b)),
            2 => (0_u8..4, 1_usize..4, proptest::option::of(1_usize..3), proptest::bool::ANY, boxed)
                .prop_map(|(items, width, enough, flat, body)| {
                    let enough = enough.filter(|enough| *enough <= usize::from(items));
                    Node::Map { items, width, enough, flat, body }
                }),
            1 => pair.prop_map(|(a, b)| Node::Parallel(a, b)),
        ]
    })
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
            Node::Step { failures, sealed } => step(ctx, *failures, *sealed).await,
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
            Node::Map { items, width, enough, flat, body } => batch(ctx, *items, *width, *enough, *flat, body).await,
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

async fn step(ctx: &Ctx, failures: u32, sealed: bool) -> Value {
    let retry = Retry::DEFAULT.max_attempts(3).initial_delay_ms(2_000).jitter(Jitter::None);
    let step = crate::__step_of!([] async || {
        let number = attempt();
        if number <= failures { Err(format!("attempt {number}")) } else { Ok::<i64, String>(i64::from(number) + 40) }
    });
    let step = step.named("step").retry(retry);
    match sealed {
        true => step.serdes(Backwards).perform_at(ctx, PLACE).await,
        false => step.perform_at(ctx, PLACE).await,
    }
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

async fn batch(ctx: &Ctx, items: u8, width: usize, enough: Option<usize>, flat: bool, body: &Node) -> Value {
    let map = map(0..i64::from(items), async |ctx: Ctx, n: i64| {
        let output = run(&ctx, body).await.map(|value| value + n);
        crate::__seal!(output)
    });
    let map = map.max_concurrency(width).named("map");
    let map = if flat { map.flat() } else { map };
    match enough {
        Some(enough) => {
            let batch = map.settled().min_successful(enough).perform_at(ctx, PLACE).await;
            Ok(batch.results().sum::<i64>() * 11 + batch.failure_count() as i64)
        }
        None => map.perform_at(ctx, PLACE).await.map(|all| all.iter().sum()),
    }
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
