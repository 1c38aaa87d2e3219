//! Clocks that jump: no wait ends early, time never runs backwards on record, and everything still ends.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use durable::model::{Clock, SystemClock};
use durable::prelude::*;
use durable::{Concurrency, Timestamp};
use tokio::sync::Notify;

use crate::concurrency::at_the_second;
use crate::history::{notation, suspended};

const DAY: i64 = 86_400_000;

/// The system's clock, set wrong by some milliseconds.
#[derive(Debug, Default)]
struct Jumping(AtomicI64);

impl Jumping {
    fn jump(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().as_millis() + self.0.load(Ordering::SeqCst))
    }

    fn sleep_until(&self, until: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            while self.now() < until {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    }
}

#[durable]
async fn naps(first: u64, second: u64) -> u32 {
    sleep(seconds(first)).named("first").await;
    sleep(seconds(second)).named("second").await;
    2
}

async fn start() -> (Engine, Arc<Jumping>) {
    let clock = Arc::new(Jumping::default());
    let engine = Engine::in_memory().register(naps).clock(clock.clone()).start().await.unwrap();
    (engine, clock)
}

#[tokio::test]
async fn a_jump_forward_ends_what_is_due_then() {
    let (engine, clock) = start().await;
    let run = engine.start(naps(86_400, 86_400)).await.unwrap();
    suspended(&engine, run.id(), "W0 .").await;
    clock.jump(DAY);
    suspended(&engine, run.id(), "W0 . W+ W0 .").await;
    clock.jump(DAY);
    assert_eq!(run.output().await.unwrap(), 2);
    assert_eq!(notation(&engine, run.id()).await, "W0 . W+ W0 . W+ . X+");
}

#[tokio::test]
async fn a_jump_back_ends_nothing_early_and_loses_nothing() {
    let (engine, clock) = start().await;
    let run = engine.start(naps(1, 1)).await.unwrap();
    suspended(&engine, run.id(), "W0 .").await;
    clock.jump(-DAY);
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert_eq!(notation(&engine, run.id()).await, "W0 .", "its time is a day away by this clock");
    clock.jump(DAY);
    assert_eq!(run.output().await.unwrap(), 2);
    // `notation` has checked that the times on record do not run backwards.
    assert_eq!(notation(&engine, run.id()).await, "W0 . W+ W0 . W+ . X+");
}

#[tokio::test]
async fn time_on_record_stands_still_while_the_clock_is_behind() {
    let (engine, clock) = start().await;
    clock.jump(DAY);
    let run = engine.start(naps(1, 1)).await.unwrap();
    suspended(&engine, run.id(), "W0 . W+ W0 .").await;
    // The next wait began at the wrong time, and ends by the time that it knows.
    clock.jump(-DAY);
    let waits = engine.list(durable::Query::new().waiting_on(durable::WaitingOn::Timer)).await.unwrap();
    assert_eq!(waits.len(), 1);
    clock.jump(DAY);
    assert_eq!(run.output().await.unwrap(), 2);
    assert_eq!(notation(&engine, run.id()).await, "W0 . W+ W0 . W+ . X+");
}

#[durable]
async fn retried() -> Result<u32, String> {
    #[step(retry(initial_delay = "60s", jitter = none))]
    at_the_second(durable::attempt()).await
}

#[durable]
async fn holding(State(done): State<Arc<Notify>>) {
    #[step]
    done.notified().await;
}

#[tokio::test]
async fn a_retry_that_fell_due_without_room_is_not_forgotten_after_a_jump_back() {
    let (clock, done) = (Arc::new(Jumping::default()), Arc::new(Notify::new()));
    let engine = Engine::in_memory().register(retried).register(holding).state(done.clone()).clock(clock.clone());
    let engine = engine.resident(0).concurrency(Concurrency::new().executions(1)).start().await.unwrap();
    let run = engine.start(retried()).await.unwrap();
    suspended(&engine, run.id(), "S0 S-~60#1 .").await;
    let holding = engine.start(holding()).await.unwrap();
    clock.jump(60_000);
    // It falls due, and leaves memory to wait for room.
    tokio::time::sleep(Duration::from_millis(300)).await;
    clock.jump(-30_000);
    done.notify_one();
    holding.output().await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    clock.jump(30_000);
    assert_eq!(run.output().await.unwrap(), Ok(2));
}
