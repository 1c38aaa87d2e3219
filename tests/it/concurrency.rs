//! How much runs at once, whose turn it is, and what holds a thread up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use durable::prelude::*;
use durable::{Concurrency, StartError};

use crate::history::{notation, suspended};

/// How many are inside, the most that ever were, and who came in the order in which they came.
#[derive(Debug, Clone, Default)]
struct Room(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    now: AtomicUsize,
    most: AtomicUsize,
    came: Mutex<Vec<&'static str>>,
}

impl Room {
    async fn visit(&self, who: &'static str) {
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        self.0.came.lock().unwrap().push(who);
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }
}

#[durable]
async fn hog(visits: u32, State(room): State<Room>) -> u32 {
    let visited = map(0..visits, async |_: u32| {
        #[step]
        room.visit("hog").await;
        1_u32
    })
    .await;
    visited.iter().sum()
}

#[durable]
async fn guest(State(room): State<Room>) {
    #[step]
    room.visit("guest").await;
}

fn engine(room: &Room) -> durable::EngineBuilder {
    Engine::in_memory().register(hog).register(guest).state(room.clone())
}

#[tokio::test]
async fn no_more_steps_run_at_once_than_the_engine_allows() {
    let room = Room::default();
    let engine = engine(&room).concurrency(Concurrency::new().steps(3)).start().await.unwrap();
    let runs = [engine.start(hog(10)).await.unwrap(), engine.start(hog(10)).await.unwrap()];
    for run in &runs {
        assert_eq!(run.output().await.unwrap(), 10);
    }
    assert_eq!(room.most(), 3);
}

#[tokio::test]
async fn a_function_has_its_own_limit() {
    let room = Room::default();
    let engine = engine(&room).concurrency_of(hog, Concurrency::new().steps(2)).start().await.unwrap();
    let run = engine.start(hog(10)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 10);
    assert_eq!(room.most(), 2);
}

#[tokio::test]
async fn a_function_that_hogs_does_not_starve_another() {
    let room = Room::default();
    let engine = engine(&room).concurrency(Concurrency::new().steps(1)).start().await.unwrap();
    let hogs = engine.start(hog(60)).await.unwrap();
    while room.0.came.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    engine.start(guest()).await.unwrap().output().await.unwrap();
    let before = room.0.came.lock().unwrap().iter().position(|who| *who == "guest").unwrap();
    assert!(before < 50, "the guest came after {before} of 60");
    assert_eq!(hogs.output().await.unwrap(), 60);
}

#[tokio::test]
async fn executions_wait_for_their_turn_and_waiting_ones_do_not_count() {
    let room = Room::default();
    let engine = engine(&room).concurrency(Concurrency::new().executions(1)).workers(2).start().await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..8 {
        runs.push(engine.start(guest()).await.unwrap());
    }
    for run in &runs {
        run.output().await.unwrap();
    }
    assert_eq!(room.most(), 1);
}

#[durable]
async fn napping() {
    sleep(seconds(1)).await;
}

#[tokio::test]
async fn a_sleeping_execution_takes_no_room() {
    let engine = Engine::in_memory().register(napping).concurrency_of(napping, Concurrency::new().executions(1));
    let engine = engine.start().await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(engine.start(napping()).await.unwrap());
    }
    while engine.metrics().resident < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for run in &runs {
        run.output().await.unwrap();
    }
}

#[durable]
async fn impatient() -> Result<u32, String> {
    #[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
    at_the_second(durable::attempt()).await
}

pub(crate) async fn at_the_second(attempt: u32) -> Result<u32, String> {
    if attempt == 2 { Ok(attempt) } else { Err("busy".to_owned()) }
}

#[durable]
async fn holding() {
    #[step]
    tokio::time::sleep(Duration::from_secs(2)).await;
}

/// The end of the delay is in no record, and the execution leaves memory while it waits for room.
#[tokio::test]
async fn a_retry_that_is_due_while_there_is_no_room_is_not_forgotten() {
    let engine = Engine::in_memory().register(impatient).register(holding).resident(0);
    let engine = engine.concurrency(Concurrency::new().executions(1)).start().await.unwrap();
    let run = engine.start(impatient()).await.unwrap();
    suspended(&engine, run.id(), "S0 S-~1#1 .").await;
    let holding = engine.start(holding()).await.unwrap();
    holding.output().await.unwrap();
    assert_eq!(run.output().await.unwrap(), Ok(2));
}

#[step(retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
async fn second_time_lucky(hold: u64) -> Result<u64, String> {
    tokio::time::sleep(Duration::from_millis(hold)).await;
    at_the_second(durable::attempt()).await.map(u64::from)
}

#[durable]
async fn busy(number: u64) -> Result<u64, String> {
    let alone = second_time_lucky(number % 40).await?;
    sleep(seconds(1)).await;
    let (left, right) = try_join((async { second_time_lucky(number % 7).await }, async {
        sleep(seconds(1)).await;
        second_time_lucky(number % 90).await
    }))
    .await?;
    let pace = durable::Retry::DEFAULT.initial_delay_ms(1_000).jitter(durable::Jitter::None);
    let seen = durable::wait_for_condition(0, async |seen: u64| seen + 1).until(|seen| *seen >= 2).checks(pace).await;
    Ok(alone + left + right + seen.map_err(|error| error.to_string())?)
}

/// Whoever waits for room leaves memory, and whatever falls due meanwhile is due all the same.
#[tokio::test]
async fn with_next_to_no_room_all_come_to_their_ends() {
    let mut runs = Vec::new();
    for resident in [0, 2] {
        let engine = Engine::in_memory().register(busy).resident(resident).workers(2);
        let engine = engine.concurrency(Concurrency::new().executions(1)).start().await.unwrap();
        for number in 0..20 {
            runs.push(engine.start(busy(number * 37)).await.unwrap());
        }
    }
    for run in &runs {
        assert_eq!(run.output().await.unwrap(), Ok(8));
    }
}

#[tokio::test]
async fn a_limit_needs_its_function() {
    let engine = Engine::in_memory().register(guest).state(Room::default());
    let error = engine.concurrency_of(hog, Concurrency::new().steps(1)).start().await.unwrap_err();
    assert!(matches!(error, StartError::LimitOfUnknown("hog")), "{error}");
}

#[durable]
async fn rude(pause: u64) -> u64 {
    #[step]
    nap_on_the_thread(pause).await
}

async fn nap_on_the_thread(millis: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(millis));
    millis
}

#[durable]
async fn polite(pause: u64) -> u64 {
    #[step]
    durable::blocking(move || std::thread::sleep(Duration::from_millis(pause))).await;
    pause
}

#[tokio::test]
async fn who_blocks_a_thread_is_reported_and_who_uses_another_is_not() {
    let engine = Engine::in_memory().register(rude).register(polite).report_blocked_after(Duration::from_millis(40));
    let engine = engine.start().await.unwrap();
    assert_eq!(engine.start(polite(400)).await.unwrap().output().await.unwrap(), 400);
    assert_eq!(engine.metrics().blocked, 0);
    assert_eq!(engine.start(rude(400)).await.unwrap().output().await.unwrap(), 400);
    assert_eq!(engine.metrics().blocked, 1);
}

/// Fails on the thread that it is told to stay away from, and else once.
#[step(blocking, retry(max_attempts = 2, initial_delay = "1s", jitter = none))]
fn digest(mut text: String, driver: String) -> Result<(u32, String), String> {
    let here = format!("{:?}", std::thread::current().id());
    std::thread::sleep(Duration::from_millis(200));
    text.push('!');
    match durable::attempt() {
        _ if here == driver => Err("it runs on the engine's thread".to_owned()),
        1 => Err("the first attempt".to_owned()),
        number => Ok((number, text)),
    }
}

async fn thread() -> String {
    format!("{:?}", std::thread::current().id())
}

#[durable]
async fn digested(text: String) -> Result<(u32, String), String> {
    #[step(name = "thread")]
    let driver = thread().await;
    digest(text, driver).await
}

#[tokio::test]
async fn a_blocking_step_blocks_a_thread_of_its_own() {
    let engine = Engine::in_memory().register(digested).workers(1).report_blocked_after(Duration::from_millis(40));
    let engine = engine.start().await.unwrap();
    let run = engine.start(digested("tea".to_owned())).await.unwrap();
    assert_eq!(run.result().await.unwrap(), (2, "tea!".to_owned()));
    assert_eq!(engine.metrics().blocked, 0);
    assert_eq!(notation(&engine, run.id()).await, "S0 S+ S0 S-~1#1 . S0 S+#2 . X+");
}

#[tokio::test]
async fn ordinary_functions_have_limits_too() {
    let room = Room::default();
    let visitor = room.clone();
    let visit = move |_: u32| {
        let room = visitor.clone();
        async move {
            room.visit("plain").await;
            Ok::<_, std::convert::Infallible>(())
        }
    };
    let engine = Engine::in_memory().register_plain("visit", visit).workers(2);
    let engine = engine.concurrency_of_plain("visit", Concurrency::new().executions(2)).start().await.unwrap();
    let mut runs = Vec::new();
    for number in 0..20 {
        runs.push(engine.start_json("visit", &number.to_string()).await.unwrap());
    }
    for run in runs {
        run.output().await.unwrap();
    }
    assert_eq!(room.0.most.load(Ordering::SeqCst), 2);
}
